"""Pictures of figures (图表) as SVG text, made by pure functions: the same on the page and in the PDF.

Every function takes exact amounts and returns an `Svg`. What is missing, undetermined or not applicable is drawn as
such (hatched, with its word) and never as zero. Only presentation attributes are used, so that a page without inline
styles may show them, and no ids, so that a page may show many.
"""

from __future__ import annotations

from saas.charts.bars import RankingRow, TargetRow, ranking_bars, target_progress
from saas.charts.histogram import score_distribution
from saas.charts.lines import Point, sparkline, trend
from saas.charts.shares import Share, donut, stacked_bar
from saas.charts.svg import PAGE, Look, Svg, Tone

__all__ = [
    "PAGE",
    "Look",
    "Point",
    "RankingRow",
    "Share",
    "Svg",
    "TargetRow",
    "Tone",
    "donut",
    "ranking_bars",
    "score_distribution",
    "sparkline",
    "stacked_bar",
    "target_progress",
    "trend",
]
