"""Alarms over an expression of several metrics: taken as alarms over the first of these metrics."""

from __future__ import annotations

from ministack.services.cloudformation import provisioners as known

_record = known._cw_metric_alarm_record


def apply() -> None:
    known._cw_metric_alarm_record = _first_metric


def _first_metric(name, properties):
    metrics = [each["MetricStat"] for each in properties.get("Metrics") or () if each.get("MetricStat")]
    if not metrics:
        return _record(name, properties)
    first, plain = metrics[0], {key: value for key, value in properties.items() if key != "Metrics"}
    plain |= {"MetricName": first["Metric"]["MetricName"], "Namespace": first["Metric"]["Namespace"]}
    plain |= {"Statistic": first["Stat"], "Period": first["Period"]}
    return _record(name, plain)
