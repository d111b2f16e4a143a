"""`make bench`: the benchmarks of the gateway."""

from benchmarks import gateway

gateway.main()
