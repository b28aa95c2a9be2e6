"""`python -m lianxin` is the same as `lianxin`."""

from lianxin.config.cli import main

main()
