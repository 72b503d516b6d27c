"""A ledger in decimals that is told the fills, funding and prices of one market; no code of the package.

Cash pays fees, funding and losses, and on a spot market the units themselves. A margined position is worth
its profit, a spot position its price. In isolated mode a position sets margin aside at its entries, loses
at most that, and funding that the free cash cannot pay comes out of it; in cross mode a liquidated account
that ends below zero is brought to zero, and its last round trip lost no more than that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)
DUST = Decimal("1e-12")  # of the largest holding of a round trip: what binary sums of quantities leave


@dataclass
class DecimalLedger:
    cash: Decimal
    spot: bool
    isolated: bool
    quantity: Decimal = ZERO  # negative for a short
    largest: Decimal = ZERO  # units held at once in this round trip
    entry_price: Decimal = ZERO
    margin: Decimal = ZERO
    costs: Decimal = ZERO  # fees and funding of the open position
    realised: Decimal = ZERO  # price profit of its partial exits
    profits: list[Decimal] = field(default_factory=list)  # of round trips, net of costs

    def fill(
        self,
        side: str,
        quantity: Decimal,
        price: Decimal,
        fee: Decimal,
        *,
        leverage: Decimal,
        fee_in_base: bool,
        liquidation: bool,
    ) -> None:
        sign = 1 if side == "buy" else -1
        self.costs += fee
        if self.quantity * sign >= 0:
            self._enter(sign, quantity - fee / price if fee_in_base else quantity, price, fee, leverage)
        else:
            self._exit(sign, quantity, price, fee)
        if liquidation and not self.quantity and self.cash < 0:
            self.profits[-1] -= self.cash
            self.cash = ZERO

    def _enter(self, sign: int, units: Decimal, price: Decimal, fee: Decimal, leverage: Decimal) -> None:
        before = abs(self.quantity)
        self.entry_price = (self.entry_price * before + price * units) / (before + units)
        self.quantity += sign * units
        self.largest = max(self.largest, abs(self.quantity))
        self.cash -= fee
        if self.spot:
            self.cash -= units * price
        else:
            self.margin += units * price / leverage

    def _exit(self, sign: int, quantity: Decimal, price: Decimal, fee: Decimal) -> None:
        held = abs(self.quantity)
        whole = abs(held - quantity) <= DUST * self.largest
        assert whole or quantity < held, "a fill that reduces a position must not turn it"
        released = self.margin if whole else self.margin * quantity / held
        profit = -sign * quantity * (price - self.entry_price)
        if self.spot:
            self.cash += quantity * price - fee
        else:
            if self.isolated:
                profit = max(profit, fee - released)
            self.cash += profit - fee
        self.margin -= released
        self.realised += profit
        self.quantity += sign * quantity
        if whole:
            self.profits.append(self.realised - self.costs)
            self.quantity = self.largest = self.entry_price = self.margin = self.costs = self.realised = ZERO

    def fund(self, price: Decimal, rate: Decimal) -> None:
        if self.spot:
            return
        paid = self.quantity * price * rate
        self.cash -= paid
        self.costs += paid
        lacking = self.margin - self.cash
        if self.isolated and paid > 0 and lacking > 0:
            self.margin -= min(lacking, paid)

    def equity(self, price: Decimal) -> Decimal:
        return self.cash + self.quantity * (price if self.spot else price - self.entry_price)
