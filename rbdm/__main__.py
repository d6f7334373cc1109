"""`python -m rbdm`: the same as the command `rbdm`."""

from rbdm.cli.main import main

if __name__ == "__main__":
    main()
