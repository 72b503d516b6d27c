//! Checksums by which a venue lets the holder of a live book notice that it has drifted.

use super::book::Book;
use crate::error::{Error, Result};
use crate::venue::Side;

/// Levels a side that Kraken's checksum covers.
const KRAKEN_LEVELS: usize = 10;
/// The CRC-32 of IEEE 802.3, reflected.
const POLYNOMIAL: u32 = 0xEDB8_8320;
const TABLE: [u32; 256] = table();

/// Kraken's spot books: CRC-32 over the digits of price and size of ten asks, then of ten bids, best first.
///
/// Digits are those of the market's decimal places, without the dot and without leading zeros
/// (<https://docs.kraken.com/api/docs/guides/spot-ws-book-v2>). The holder of the book calls [`Book::truncate`] to the depth it
/// subscribed to after each update, before the checksum is compared.
///
/// ```
/// use spark_stacker_core::market::{Book, KrakenSpot};
/// use spark_stacker_core::venue::Side;
///
/// let mut book = Book::default();
/// book.set(Side::Sell, 294_303, 8.25215653);
/// book.set(Side::Buy, 294_302, 0.18967538);
/// let checksum = KrakenSpot::new(0.1, 1, 8)?;
/// assert_ne!(checksum.of(&book), checksum.of(&Book::default()));
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KrakenSpot {
    /// Units of the last decimal place a tick.
    units_a_tick: i64,
    /// Units of the last decimal place a base unit.
    units_a_size: f64,
}

impl KrakenSpot {
    /// The checksum of a market with these decimal places.
    ///
    /// # Errors
    /// When there are more than 15 places, or the tick is no whole number of the price's last place.
    pub fn new(tick_size: f64, price_places: u32, size_places: u32) -> Result<Self> {
        for (name, places) in [("price_places", price_places), ("size_places", size_places)] {
            if places > 15 {
                return Err(Error::parameter(name, places, "at most 15"));
            }
        }
        let units = tick_size * power(price_places);
        let whole = units.round();
        if !((1.0..=1e9).contains(&whole) && (units - whole).abs() <= 1e-6 * whole) {
            let requirement = format!("a whole number of units of {price_places} decimal places");
            return Err(Error::parameter("tick_size", tick_size, requirement));
        }
        Ok(Self {
            units_a_tick: units_of(units),
            units_a_size: power(size_places),
        })
    }

    /// The checksum of a book.
    #[must_use]
    pub fn of(&self, book: &Book) -> u32 {
        let mut crc = Crc32::default();
        for side in [Side::Sell, Side::Buy] {
            for (tick, size) in book.levels(side).take(KRAKEN_LEVELS) {
                // A whole number prints as its digits without dot and leading zeros.
                crc.write(&(i64::from(tick) * self.units_a_tick).to_string());
                crc.write(&units_of(size * self.units_a_size).to_string());
            }
        }
        crc.value()
    }
}

fn power(places: u32) -> f64 {
    (0..places).fold(1.0, |value, _| value * 10.0)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a size of a market fits 63 bits of its last place; the cast stops at its bounds"
)]
fn units_of(value: f64) -> i64 {
    value.round() as i64
}

#[derive(Debug, Clone, Copy)]
struct Crc32(u32);

impl Default for Crc32 {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Crc32 {
    fn write(&mut self, text: &str) {
        for byte in text.bytes() {
            let place = (self.0 ^ u32::from(byte)) & 0xFF;
            self.0 = TABLE[place as usize] ^ (self.0 >> 8);
        }
    }

    const fn value(self) -> u32 {
        !self.0
    }
}

#[expect(clippy::cast_possible_truncation, reason = "there are 256 bytes")]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut value, mut bit) = (byte as u32, 0);
        while bit < 8 {
            value = if value & 1 == 1 {
                POLYNOMIAL ^ (value >> 1)
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_32_has_its_check_value() {
        // Catalogue of parametrised CRC algorithms, CRC-32/ISO-HDLC: check = 0xCBF43926.
        let mut crc = Crc32::default();
        crc.write("123456789");
        assert_eq!(crc.value(), 0xCBF4_3926);
    }

    #[test]
    fn the_example_of_the_venue_has_its_checksum() {
        // Kraken's guide to book checksums: ten levels a side, 5 decimal places of price, 8 of size, all of 0.00000500.
        let mut book = Book::default();
        for step in 0..10 {
            book.set(Side::Sell, 5005 + 5 * step, 5e-6);
        }
        for tick in [5000, 4995, 4990, 4980, 4975, 4970, 4965, 4960, 4955, 4950] {
            book.set(Side::Buy, tick, 5e-6);
        }
        let checksum = KrakenSpot::new(1e-5, 5, 8).expect("places are in range");
        assert_eq!(checksum.of(&book), 974_947_235);
    }

    #[test]
    fn ticks_may_be_several_units_of_the_last_place() {
        let mut fine = Book::default();
        fine.set(Side::Sell, 5005, 1.0);
        let mut coarse = Book::default();
        coarse.set(Side::Sell, 1001, 1.0);
        let of = |tick_size| KrakenSpot::new(tick_size, 2, 8).expect("a whole number of units");
        assert_eq!(of(0.01).of(&fine), of(0.05).of(&coarse));
        let error = KrakenSpot::new(0.001, 2, 8).expect_err("a tenth of a unit");
        assert!(error.to_string().contains("tick_size"), "{error}");
    }
}
