//! The words by which Python knows the core's enumerations.

use spark_stacker_core::signals::Direction;
use spark_stacker_core::venue::{Liquidity, OrderKind, OrderState, Purpose, Reason, Side};

pub const fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

/// Side of a position or trade.
pub const fn holding(side: Side) -> &'static str {
    match side {
        Side::Buy => "long",
        Side::Sell => "short",
    }
}

pub const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Buy => "buy",
        Direction::Sell => "sell",
    }
}

pub const fn liquidity(liquidity: Liquidity) -> &'static str {
    match liquidity {
        Liquidity::Maker => "maker",
        Liquidity::Taker => "taker",
    }
}

pub const fn kind(kind: &OrderKind) -> &'static str {
    match kind {
        OrderKind::Market => "market",
        OrderKind::Limit { .. } => "limit",
        OrderKind::Stop { .. } => "stop",
        OrderKind::StopLimit { .. } => "stop_limit",
        OrderKind::TakeProfit { .. } => "take_profit",
        OrderKind::TrailingStop { .. } => "trailing_stop",
    }
}

pub const fn state(state: OrderState) -> &'static str {
    match state {
        OrderState::Open => "open",
        OrderState::PartiallyFilled => "partially_filled",
        OrderState::Filled => "filled",
        OrderState::Cancelled => "cancelled",
        OrderState::Rejected => "rejected",
        OrderState::Expired => "expired",
    }
}

pub const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Entry => "entry",
        Purpose::OppositeSignal => "opposite_signal",
        Purpose::HoldingTime => "holding_time",
        Purpose::StopLoss => "stop_loss",
        Purpose::TakeProfit => "take_profit",
        Purpose::TrailingStop => "trailing_stop",
        Purpose::BreakEven => "break_even",
        Purpose::NetStop => "net_stop",
        Purpose::HedgeEntry => "hedge_entry",
        Purpose::HedgeExit => "hedge_exit",
        Purpose::Liquidation => "liquidation",
        Purpose::RiskLimit => "risk_limit",
        Purpose::Manual => "manual",
    }
}

/// `None` while the order is open.
pub const fn reason(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::None => return None,
        Reason::Filled => "filled",
        Reason::Requested => "requested",
        Reason::GroupFilled => "group_filled",
        Reason::PositionClosed => "position_closed",
        Reason::Replaced => "replaced",
        Reason::NotImmediatelyFillable => "not_immediately_fillable",
        Reason::NotWhollyFillable => "not_wholly_fillable",
        Reason::TimeInForce => "time_in_force",
        Reason::WouldTake => "would_take",
        Reason::NothingToReduce => "nothing_to_reduce",
        Reason::BadQuantity => "bad_quantity",
        Reason::BadPrice => "bad_price",
        Reason::BadLeverage => "bad_leverage",
        Reason::BelowLot => "below_lot",
        Reason::BelowMinQuantity => "below_min_quantity",
        Reason::BelowMinNotional => "below_min_notional",
        Reason::InsufficientMargin => "insufficient_margin",
        Reason::InsufficientBalance => "insufficient_balance",
        Reason::ShortOnSpot => "short_on_spot",
        Reason::NoVolume => "no_volume",
        Reason::UnknownMarket => "unknown_market",
        Reason::AccountLiquidated => "account_liquidated",
        Reason::NoLiquidity => "no_liquidity",
        Reason::NoBook => "no_book",
        Reason::SelfTrade => "self_trade",
        Reason::NotFound => "not_found",
    })
}
