"""What Cuecard costs, measured beside other ways to do the same; run by `make bench`."""
