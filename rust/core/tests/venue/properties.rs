//! Accounting over random histories: what the venue says of itself equals what its fills say.

use crate::histories::{ACCOUNTS, History, Step, bar_after, config, history, priced};
use proptest::prelude::*;
use spark_stacker_core::venue::{
    Fill, MarginMode, MarketId, OrderId, OrderRequest, OrderState, Quantity, Reason, Side, Venue,
};

const BALANCE: f64 = 10_000.0;

/// Books kept from fills, funding and transfers alone: cash, and what each position cost.
struct Books {
    /// Cash with every unit bought paid in full, by account.
    cash: [f64; 2],
    /// Base units by account and market.
    units: [[f64; 2]; 2],
    /// Balance at the start and what was transferred since, by account.
    given: [f64; 2],
    moved: f64,
}

impl Books {
    fn new() -> Self {
        Self {
            cash: [BALANCE; 2],
            units: [[0.0; 2]; 2],
            given: [BALANCE; 2],
            moved: 2.0 * BALANCE,
        }
    }

    fn take(&mut self, fill: &Fill) {
        let (account, market) = (usize::from(fill.account.0), usize::from(fill.market.0));
        let mut units = fill.quantity;
        let mut fee = fill.fee;
        if fill.fee_in_base {
            units -= fee / fill.price;
            fee = 0.0;
        }
        self.units[account][market] += fill.side.sign() * units;
        self.cash[account] -= fill.side.sign() * fill.quantity * fill.price + fee;
        self.moved += fill.quantity * fill.price;
    }

    /// Equity of an account: paid cash plus the full worth of what is held.
    fn equity(&self, account: usize, marks: &[f64]) -> f64 {
        let worth: f64 = marks
            .iter()
            .zip(self.units[account])
            .map(|(mark, units)| mark * units)
            .sum();
        self.cash[account] + worth
    }
}

/// Plays a history and checks after every step.
fn play(history: &History) -> Result<Venue, TestCaseError> {
    let balances = [BALANCE; 2];
    let mut venue = Venue::new(history.rules, history.instruments.clone(), &balances).unwrap();
    let markets = history.instruments.len();
    let mut books = Books::new();
    let mut seen = 0;
    let mut borne = [0.0; 2];
    let mut last = vec![100.0; markets];
    let mut reducing = Vec::new();
    for (minute, step) in (1_i64..).zip(&history.steps) {
        let before: Vec<f64> = held(&venue, markets);
        match step {
            Step::Order(request) => {
                let request = priced(*request, last[usize::from(request.market.0)]);
                let id = venue.submit(request, minute);
                if request.reduce_only {
                    reducing.push(id);
                }
            }
            Step::Bar { market, .. } => {
                let (id, bar) = bar_after(last[usize::from(*market)], minute, step).unwrap();
                venue.on_bar(id, &bar, None);
                last[usize::from(*market)] = bar.close;
            }
            Step::Funding { market, rate } => {
                let id = MarketId(*market);
                for account in ACCOUNTS {
                    if !venue.ledger().is_spot(id) {
                        let paid =
                            venue.position(account, id).quantity * venue.ledger().mark(id) * rate;
                        books.cash[usize::from(account.0)] -= paid;
                    }
                }
                venue.apply_funding(id, *rate, None);
            }
            Step::Cancel(back) => {
                let sent = u32::try_from(venue.orders().len()).unwrap();
                venue.cancel(OrderId(sent.saturating_sub(*back)), minute);
            }
            Step::Transfer { fraction } => {
                let [from, to] = ACCOUNTS;
                let amount = venue.free_margin(from) * fraction;
                if venue.transfer(from, to, amount).is_ok() {
                    books.cash[0] -= amount;
                    books.cash[1] += amount;
                    books.given[0] -= amount;
                    books.given[1] += amount;
                }
            }
        }
        for fill in &venue.fills()[seen..] {
            books.take(fill);
        }
        check_reduce_only(&venue, seen, before, &reducing)?;
        seen = venue.fills().len();
        for account in ACCOUNTS {
            let row = usize::from(account.0);
            let total = venue.ledger().borne_by_venue(account);
            books.cash[row] += total - borne[row];
            borne[row] = total;
            check_account(&venue, &books, row)?;
            check_trades(&venue, &books, row)?;
        }
        check_orders(&venue)?;
    }
    Ok(venue)
}

fn held(venue: &Venue, markets: usize) -> Vec<f64> {
    ACCOUNTS
        .iter()
        .flat_map(|account| {
            (0_u16..)
                .take(markets)
                .map(|market| venue.position(*account, MarketId(market)).quantity)
        })
        .collect()
}

/// Cash plus position values equals the books kept from fills alone, and no isolated account is negative.
fn check_account(venue: &Venue, books: &Books, row: usize) -> Result<(), TestCaseError> {
    let ledger = venue.ledger();
    let account = ACCOUNTS[row];
    let markets = ledger.markets();
    let marks: Vec<f64> = (0_u16..)
        .take(markets)
        .map(|market| ledger.mark(MarketId(market)))
        .collect();
    let mut value = ledger.cash(account);
    for (of, market, position) in ledger.open_positions() {
        if of == account {
            let mark = marks[usize::from(market.0)];
            value += if ledger.is_spot(market) {
                position.quantity * mark
            } else {
                position.unrealised(mark)
            };
        }
        let booked = books.units[usize::from(of.0)][usize::from(market.0)];
        prop_assert!((position.quantity - booked).abs() <= 1e-9 * booked.abs().max(1.0));
    }
    let equity = venue.account_equity(account);
    let tolerance = 1e-9 * books.moved;
    prop_assert!((equity - value).abs() <= tolerance);
    let booked = books.equity(row, &marks);
    prop_assert!(
        (equity - booked).abs() <= tolerance,
        "{equity} is not {booked}"
    );
    if venue.rules().margin_mode == MarginMode::Isolated {
        let wealth = ledger.cash(account) - ledger.used_margin(account);
        prop_assert!(wealth >= -tolerance, "cash below margin by {wealth}");
    }
    Ok(())
}

/// Cash is what was given, plus the net profit of every trade, plus what open positions have booked so far.
fn check_trades(venue: &Venue, books: &Books, row: usize) -> Result<(), TestCaseError> {
    let account = ACCOUNTS[row];
    let mut cash = books.given[row];
    for trade in venue
        .trades()
        .iter()
        .filter(|trade| trade.account == account)
    {
        let net = trade.gross_profit - trade.fees - trade.funding;
        prop_assert!((trade.profit - net).abs() <= 1e-9 * books.moved);
        cash += trade.profit;
    }
    for (of, market, position) in venue.ledger().open_positions() {
        if of == account {
            cash += position.realised - position.fees - position.funding;
            if venue.ledger().is_spot(market) {
                cash -= position.quantity * position.entry_price;
            }
        }
    }
    let held = venue.ledger().cash(account);
    prop_assert!(
        (held - cash).abs() <= 1e-9 * books.moved,
        "{held} is not {cash}"
    );
    Ok(())
}

/// Every order is open with something left, or ended with a reason, and its fills add up.
fn check_orders(venue: &Venue) -> Result<(), TestCaseError> {
    let mut filled = vec![(0.0, 0.0); venue.orders().len()];
    for fill in venue.fills() {
        prop_assert!(fill.quantity > 0.0 && fill.price > 0.0);
        let (quantity, value) = &mut filled[fill.order.0 as usize];
        *quantity += fill.quantity;
        *value += fill.quantity * fill.price;
    }
    for (record, (quantity, value)) in venue.orders().iter().zip(filled) {
        prop_assert!((record.filled_quantity - quantity).abs() <= 1e-9 * quantity);
        let average = record.average_price * record.filled_quantity;
        prop_assert!((average - value).abs() <= 1e-9 * value);
        prop_assert_eq!(record.reason == Reason::None, !record.is_ended());
        match record.state {
            OrderState::Open | OrderState::Rejected => prop_assert_eq!(quantity, 0.0),
            OrderState::Filled => {
                prop_assert!(quantity > 0.0);
                prop_assert_eq!(record.reason, Reason::Filled);
            }
            OrderState::PartiallyFilled => prop_assert!(quantity > 0.0),
            OrderState::Cancelled | OrderState::Expired => {}
        }
        if let (Quantity::Base(asked), true) = (record.quantity, record.is_ended()) {
            prop_assert!(quantity <= asked * (1.0 + 1e-9));
        }
    }
    Ok(())
}

/// Replays the fills from `seen` on: those of closing and reduce-only orders only ever shrink their position.
fn check_reduce_only(
    venue: &Venue,
    seen: usize,
    mut held: Vec<f64>,
    reducing: &[OrderId],
) -> Result<(), TestCaseError> {
    let markets = venue.ledger().markets();
    for fill in &venue.fills()[seen..] {
        let row = usize::from(fill.account.0) * markets + usize::from(fill.market.0);
        let units = if fill.fee_in_base {
            fill.quantity - fill.fee / fill.price
        } else {
            fill.quantity
        };
        let record = venue.orders()[fill.order.0 as usize];
        if record.quantity == Quantity::Position || reducing.contains(&fill.order) {
            prop_assert!(held[row] * fill.side.sign() < 0.0);
            prop_assert!(fill.quantity <= held[row].abs() * (1.0 + 1e-9));
        }
        held[row] += fill.side.sign() * units;
        if held[row].abs() < 1e-9 {
            held[row] = 0.0;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_books_balance_after_every_event(history in history()) {
        play(&history)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_calls_give_the_same_bits(history in history()) {
        let (first, second) = (play(&history)?, play(&history)?);
        prop_assert_eq!(first.equity().to_bits(), second.equity().to_bits());
        prop_assert_eq!(first.fills(), second.fills());
        prop_assert_eq!(first.orders(), second.orders());
    }
}

#[test]
fn random_histories_reach_every_kind_of_ending() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut reasons = Vec::new();
    let mut trades = 0;
    for _ in 0..400 {
        let history = history().new_tree(&mut runner).unwrap().current();
        let venue = play(&history).unwrap();
        trades += venue.trades().len();
        for record in venue.orders() {
            if !reasons.contains(&record.reason) {
                reasons.push(record.reason);
            }
        }
    }
    assert!(trades > 300, "{trades}");
    for reason in [
        Reason::Filled,
        Reason::GroupFilled,
        Reason::PositionClosed,
        Reason::NothingToReduce,
        Reason::InsufficientMargin,
        Reason::InsufficientBalance,
        Reason::ShortOnSpot,
        Reason::TimeInForce,
        Reason::WouldTake,
        Reason::BelowMinNotional,
        Reason::NotImmediatelyFillable,
        Reason::NotWhollyFillable,
    ] {
        assert!(reasons.contains(&reason), "never {reason:?}");
    }
    let buy = OrderRequest::market(MarketId(0), Side::Buy, Quantity::Position);
    assert!(buy.reduce_only);
}
