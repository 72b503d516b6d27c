"""What a check of events found, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["EventFinding", "EventReport"]


@dataclass(frozen=True, slots=True)
class EventFinding:
    """One kind of defect: how often, the first row and its time, and what it means.

    A ``serious`` one keeps the events from being played, or makes what is played something that never was.
    """

    kind: str
    count: int
    row: int
    time_ns: int
    message: str
    serious: bool


@dataclass(frozen=True, slots=True)
class EventReport:
    """The findings of a check, and what the stream holds; latencies are those of the feed, None without
    events.
    """

    where: str
    rows: int
    messages: int
    counts: dict[str, int]
    start_ns: int | None
    end_ns: int | None
    least_latency_ns: int | None
    median_latency_ns: float | None
    most_latency_ns: int | None
    findings: tuple[EventFinding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing serious was found: a run on the events means what it says."""
        return not any(finding.serious for finding in self.findings)

    @property
    def is_clean(self) -> bool:
        """The same as `ok`."""
        return self.ok

    def to_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        return {
            "where": self.where,
            "rows": self.rows,
            "messages": self.messages,
            "counts": self.counts,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "least_latency_ns": self.least_latency_ns,
            "median_latency_ns": self.median_latency_ns,
            "most_latency_ns": self.most_latency_ns,
            "ok": self.ok,
            "findings": [
                {
                    "kind": finding.kind,
                    "count": finding.count,
                    "row": finding.row,
                    "time_ns": finding.time_ns,
                    "message": finding.message,
                    "serious": finding.serious,
                }
                for finding in self.findings
            ],
        }

    def __str__(self) -> str:
        if self.start_ns is None or self.end_ns is None:
            return f"{self.where}: no events"
        held = ", ".join(f"{count:,} {kind}" for kind, count in self.counts.items())
        seconds = (self.end_ns - self.start_ns) / 1e9
        size = f"{self.rows:,} events in {self.messages:,} messages over {seconds:,.1f} s"
        lines = [f"{self.where}: {size}: {held}"]
        latency = (self.least_latency_ns or 0, self.median_latency_ns or 0, self.most_latency_ns or 0)
        least, median, most = (f"{value / 1e6:,.3f}" for value in latency)
        lines.append(f"feed latency: {least} ms at least, {median} ms in the middle, {most} ms at most")
        lines += [f"{'!' if f.serious else '-'} {f.message} (first at row {f.row:,})" for f in self.findings]
        serious = sum(finding.serious for finding in self.findings)
        lines.append(f"{serious} of these must be mended first" if serious else "fit to be used as it is")
        return "\n".join(lines)
