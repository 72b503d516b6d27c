"""The ledger once more, in decimal arithmetic and from the definitions alone: an oracle for the one in Rust.

One account in one market, on margin or spot. Fed with fills and funding in order, it gives cash, position,
realised profit and equity. Nothing of the engine is used; sums and products of floats are exact.

>>> ledger = DecimalLedger("1000")
>>> ledger.fill(side="buy", quantity="2", price="100", fee="0.2")
>>> ledger.fund(mark_price="110", rate="0.001")
>>> ledger.fill(side="sell", quantity="3", price="120", fee="0.36")
>>> f"{ledger.realised:f} {ledger.position:f} {ledger.cash:.2f} {ledger.equity('130'):.2f}"
'40 -1 1039.22 1029.22'
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Literal

Number = str | float | int | Decimal

DIGITS = 120


class DecimalLedger:
    """Cash and one signed position with its average entry price.

    A fill beyond the position closes it and opens the rest the other way, as two fills at one price would.
    """

    def __init__(self, cash: Number, *, spot: bool = False) -> None:
        self.spot = spot
        self.cash = Decimal(cash)
        self.position = Decimal(0)
        self.entry_price = Decimal(0)
        self.realised = Decimal(0)
        self.fees = Decimal(0)
        self.funding = Decimal(0)

    def fill(
        self,
        *,
        side: Literal["buy", "sell"],
        quantity: Number,
        price: Number,
        fee: Number = 0,
        fee_in_base: bool = False,
    ) -> None:
        """Book a fill: base units, quote per unit, fee in quote.

        With ``fee_in_base`` the units that the fee is worth never arrive.
        """
        with localcontext(prec=DIGITS):
            paid, cost = Decimal(price), Decimal(fee)
            units = Decimal(quantity) - (cost / paid if fee_in_base else 0)
            self.fees += cost
            self.cash -= cost
            change = units if side == "buy" else -units
            if self.position * change < 0:
                change -= self._close(min(abs(self.position), units), paid)
            if change:
                self._open(change, paid)

    def fund(self, *, mark_price: Number, rate: Number) -> None:
        """Book funding: a long pays position x mark price x rate."""
        with localcontext(prec=DIGITS):
            paid = self.position * Decimal(mark_price) * Decimal(rate)
            self.funding += paid
            self.cash -= paid

    def equity(self, price: Number) -> Decimal:
        """Cash plus the position's value at ``price``: unrealised profit on margin, full worth on spot."""
        with localcontext(prec=DIGITS):
            reference = Decimal(0) if self.spot else self.entry_price
            return self.cash + self.position * (Decimal(price) - reference)

    def _close(self, units: Decimal, price: Decimal) -> Decimal:
        """Take units off the position; the signed change."""
        change = units if self.position < 0 else -units
        profit = change * (self.entry_price - price)
        self.realised += profit
        self.cash += -change * price if self.spot else profit
        self.position += change
        return change

    def _open(self, change: Decimal, price: Decimal) -> None:
        total = self.position + change
        self.entry_price = (self.entry_price * self.position + price * change) / total
        self.position = total
        if self.spot:
            self.cash -= change * price
