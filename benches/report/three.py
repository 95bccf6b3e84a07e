"""Three fields of a report, as msgspec reads them: decoded into structs of three fields."""

import json
import sys
import time

import msgspec


class License(msgspec.Struct):
    cloudId: str | None = None
    appEdition: str | None = None
    status: str | None = None


began = time.perf_counter()
with open(sys.argv[1], "rb") as report:
    records = msgspec.json.decode(report.read(), type=list[License])
seconds = time.perf_counter() - began
print(json.dumps({"records": len(records), "seconds": seconds, "processor": time.process_time()}))
