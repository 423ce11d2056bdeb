"""Each way to fail has its own answer, so there is nothing to report."""

from service_client import connect_to_service


def main() -> None:
    try:
        conn = connect_to_service()
        conn.run()
    except ConnectionRefusedError:
        print("the service is not up")
    except ConnectionResetError:
        print("the service dropped the connection")


if __name__ == "__main__":
    main()
