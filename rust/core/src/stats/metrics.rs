//! The metrics of a run, and their names.

use crate::error::{Error, Result};

/// A metric without a value, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undefined {
    /// Name of the metric.
    pub metric: &'static str,
    /// Why it has no value.
    pub reason: &'static str,
}

/// Value of one metric under its name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MetricValue {
    /// A count.
    Count(usize),
    /// A number; `None` when undefined.
    Number(Option<f64>),
}

/// Performance of one run. Ratios and returns are fractions, amounts quote currency, durations seconds; a loss is negative, a drawdown positive.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// Equity at the last close.
    pub final_equity: f64,
    /// Final equity less the initial balance.
    pub net_profit: f64,
    /// Net profit over the initial balance.
    pub total_return: f64,
    /// Total return raised to a year of 365 days.
    pub annualized_return: Option<f64>,
    /// Standard deviation of bar returns (n − 1) in a year.
    pub annualized_volatility: Option<f64>,
    /// Mean over standard deviation (n − 1) of bar returns above the risk-free rate, annualised.
    pub sharpe_ratio: Option<f64>,
    /// Mean of bar returns above the risk-free rate over their downside deviation (n), annualised.
    pub sortino_ratio: Option<f64>,
    /// Annualised return over maximum drawdown.
    pub calmar_ratio: Option<f64>,
    /// The Sharpe ratio from daily closes (UTC).
    pub daily_sharpe_ratio: Option<f64>,
    /// The Sortino ratio from daily closes (UTC).
    pub daily_sortino_ratio: Option<f64>,
    /// Deepest fall below the highest equity before it, as a fraction of that.
    pub max_drawdown: f64,
    /// Deepest fall below the highest equity before it, in quote currency.
    pub max_drawdown_abs: f64,
    /// Longest time from a peak until it was regained, or until the end.
    pub longest_drawdown_seconds: f64,
    /// Share of bars that closed with a position.
    pub exposure: Option<f64>,
    /// Traded notional over mean equity.
    pub turnover: Option<f64>,
    /// All fees, those of open positions included.
    pub fees_paid: f64,
    /// All funding; negative when received.
    pub funding_paid: f64,
    /// Closed trades.
    pub total_trades: usize,
    /// Closed trades with a profit above zero.
    pub winning_trades: usize,
    /// Closed trades with a profit below zero.
    pub losing_trades: usize,
    /// Winning over closed trades.
    pub win_rate: Option<f64>,
    /// Mean profit of the winning trades.
    pub avg_profit: Option<f64>,
    /// Mean profit of the losing trades, negative.
    pub avg_loss: Option<f64>,
    /// Profit of the best trade that won.
    pub max_profit: Option<f64>,
    /// Profit of the worst trade that lost, negative.
    pub max_loss: Option<f64>,
    /// Sum of wins over sum of losses.
    pub profit_factor: Option<f64>,
    /// Mean profit of a trade.
    pub expectancy: Option<f64>,
    /// Mean of profit over the amount at risk at the initial stop, of the trades that had one.
    pub avg_r_multiple: Option<f64>,
    /// Mean of the worst price against each trade, as a fraction of its entry price.
    pub avg_max_adverse: Option<f64>,
    /// Mean of the best price in favour of each trade, as a fraction of its entry price.
    pub avg_max_favourable: Option<f64>,
    /// Mean time from first to last fill.
    pub avg_holding_seconds: Option<f64>,
    /// Profit of the closed trades on the hedge account.
    pub hedge_profit: Option<f64>,
    /// Last close over first close of the market, less one.
    pub buy_and_hold_return: Option<f64>,
    /// Mean return above the risk-free rate not explained by the market's, in a year (Jensen 1968).
    pub alpha: Option<f64>,
    /// Covariance with the market's bar returns over their variance.
    pub beta: Option<f64>,
    /// Metrics without a value, in the order of their names' appearance.
    pub undefined: Vec<Undefined>,
}

impl Metrics {
    /// The place of a metric among the [`Self::entries`].
    ///
    /// # Errors
    /// A name that does not exist, with a suggestion.
    pub fn place(name: &str) -> Result<usize> {
        let entries = Self::default().entries();
        let found = entries.iter().position(|(known, _)| *known == name);
        found.ok_or_else(|| Error::unknown("metric", name, entries.map(|(known, _)| known)))
    }

    /// Every metric under its name, in the order of the fields.
    #[must_use]
    pub fn entries(&self) -> [(&'static str, MetricValue); 35] {
        use MetricValue::{Count, Number};
        [
            ("final_equity", Number(Some(self.final_equity))),
            ("net_profit", Number(Some(self.net_profit))),
            ("total_return", Number(Some(self.total_return))),
            ("annualized_return", Number(self.annualized_return)),
            ("annualized_volatility", Number(self.annualized_volatility)),
            ("sharpe_ratio", Number(self.sharpe_ratio)),
            ("sortino_ratio", Number(self.sortino_ratio)),
            ("calmar_ratio", Number(self.calmar_ratio)),
            ("daily_sharpe_ratio", Number(self.daily_sharpe_ratio)),
            ("daily_sortino_ratio", Number(self.daily_sortino_ratio)),
            ("max_drawdown", Number(Some(self.max_drawdown))),
            ("max_drawdown_abs", Number(Some(self.max_drawdown_abs))),
            (
                "longest_drawdown_seconds",
                Number(Some(self.longest_drawdown_seconds)),
            ),
            ("exposure", Number(self.exposure)),
            ("turnover", Number(self.turnover)),
            ("fees_paid", Number(Some(self.fees_paid))),
            ("funding_paid", Number(Some(self.funding_paid))),
            ("total_trades", Count(self.total_trades)),
            ("winning_trades", Count(self.winning_trades)),
            ("losing_trades", Count(self.losing_trades)),
            ("win_rate", Number(self.win_rate)),
            ("avg_profit", Number(self.avg_profit)),
            ("avg_loss", Number(self.avg_loss)),
            ("max_profit", Number(self.max_profit)),
            ("max_loss", Number(self.max_loss)),
            ("profit_factor", Number(self.profit_factor)),
            ("expectancy", Number(self.expectancy)),
            ("avg_r_multiple", Number(self.avg_r_multiple)),
            ("avg_max_adverse", Number(self.avg_max_adverse)),
            ("avg_max_favourable", Number(self.avg_max_favourable)),
            ("avg_holding_seconds", Number(self.avg_holding_seconds)),
            ("hedge_profit", Number(self.hedge_profit)),
            ("buy_and_hold_return", Number(self.buy_and_hold_return)),
            ("alpha", Number(self.alpha)),
            ("beta", Number(self.beta)),
        ]
    }
}
