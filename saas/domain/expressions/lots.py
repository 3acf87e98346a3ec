"""What expressions draw by lot. The first value is kept with the report (`saas.domain.begun`), so it can be checked."""

from __future__ import annotations

from uuid import UUID

from saas.domain.expressions.values import Scope, Value, to_number

LOTS = frozenset({"random", "uuid"})
"""The functions that draw by lot."""
_LETTERS, _MAX_LENGTH, _A_DRAW = "0123456789abcdefghijklmnopqrstuvwxyz", 100, 10**12


def drawn_name(scope: Scope, length: Value = "") -> Value:
    """A name that nothing else has: as RFC 9562 writes it (version 4), or of so many letters and digits."""
    wanted = to_number(length)
    if wanted.is_nan():
        bits = _drawn_below(scope, 1 << 128)
        return "" if bits is None else str(UUID(int=bits, version=4))
    digits = [_drawn_below(scope, 36) for _ in range(min(max(int(wanted), 0), _MAX_LENGTH))]
    return "" if None in digits else "".join(_LETTERS[digit] for digit in digits if digit is not None)


def _drawn_below(scope: Scope, limit: int) -> int | None:
    """A whole number from 0 to below the limit, from as many draws as it needs; None where nothing can be drawn."""
    found, reach = 0, 1
    while reach < limit:
        drawn = to_number(scope.draw())
        if drawn.is_nan():
            return None
        found, reach = found * _A_DRAW + int(drawn * _A_DRAW), reach * _A_DRAW
    return found % limit
