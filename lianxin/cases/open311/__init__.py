"""Open311 GeoReport v2: another system files requests, and anybody reads how they stand. See docs/cases.md."""
