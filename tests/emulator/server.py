"""The AWS emulator, put right: takes the arguments of moto_server."""

import mends
from moto.server import main

if __name__ == "__main__":
    mends.apply()
    main()
