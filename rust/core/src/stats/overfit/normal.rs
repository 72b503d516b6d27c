//! The standard normal distribution: probability below a value, and value below which a probability lies.

#![expect(
    clippy::excessive_precision,
    reason = "coefficients as their sources print them"
)]

use std::f64::consts::TAU;

/// Probability below `x`, to a relative 1e-15 also in the tails (Cody 1969, "Rational Chebyshev approximations for the error
/// function", in the arrangement of Cody 1993, Algorithm 715).
#[must_use]
pub fn cdf(x: f64) -> f64 {
    const NEAR: f64 = 0.67448975;
    const A: [f64; 5] = [
        0.065682337918207449113,
        2.2352520354606839287,
        161.02823106855587881,
        1067.6894854603709582,
        18154.981253343561249,
    ];
    const B: [f64; 5] = [
        1.0,
        47.20258190468824187,
        976.09855173777669322,
        10260.932208618978205,
        45507.789335026729956,
    ];
    if x.is_nan() {
        return x;
    }
    let size = x.abs();
    if size <= NEAR {
        let square = x * x;
        return 0.5 + x * (polynomial(&A, square) / polynomial(&B, square));
    }
    let tail = upper_tail(size);
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// Probability above `x`, for `x` above 0.67.
fn upper_tail(x: f64) -> f64 {
    const MIDDLE_END: f64 = 5.656854249492380195;
    const C: [f64; 9] = [
        1.0765576773720192317e-8,
        0.39894151208813466764,
        8.8831497943883759412,
        93.506656132177855979,
        597.27027639480026226,
        2494.5375852903726711,
        6848.1904505362823326,
        11602.651437647350124,
        9842.7148383839780218,
    ];
    const D: [f64; 9] = [
        1.0,
        22.266688044328115691,
        235.38790178262499861,
        1519.377599407554805,
        6485.558298266760755,
        18615.571640885098091,
        34900.952721145977266,
        38912.003286093271411,
        19685.429676859990727,
    ];
    const P: [f64; 6] = [
        0.02307344176494017303,
        0.21589853405795699,
        0.1274011611602473639,
        0.022235277870649807,
        0.001421619193227893466,
        2.9112874951168792e-5,
    ];
    const Q: [f64; 6] = [
        1.0,
        1.28426009614491121,
        0.468238212480865118,
        0.0659881378689285515,
        0.00378239633202758244,
        7.29751555083966205e-5,
    ];
    let ratio = if x <= MIDDLE_END {
        polynomial(&C, x) / polynomial(&D, x)
    } else {
        let inverse = 1.0 / (x * x);
        (1.0 / TAU.sqrt() - inverse * (polynomial(&P, inverse) / polynomial(&Q, inverse))) / x
    };
    // exp(−x²/2) in two factors: the square of x cut to sixteenths is exact, so that rounding x² does not spoil the tail.
    let cut = (x * 16.0).trunc() / 16.0;
    let rest = (x - cut) * (x + cut);
    (-0.5 * cut * cut).exp() * (-0.5 * rest).exp() * ratio
}

/// The value below which the probability `p` lies (Wichura 1988, algorithm AS 241, PPND16); ±∞ at 1 and 0, NaN outside.
#[must_use]
pub fn quantile(p: f64) -> f64 {
    const A: [f64; 8] = [
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.3871328727963666080,
    ];
    const B: [f64; 8] = [
        5226.4952788528545610,
        28729.085735721942674,
        39307.895800092710610,
        21213.794301586595867,
        5394.1960214247511077,
        687.18700749205790830,
        42.313330701600911252,
        1.0,
    ];
    let centred = p - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180625 - centred * centred;
        return centred * polynomial(&A, r) / polynomial(&B, r);
    }
    let tail = if centred < 0.0 { p } else { 1.0 - p };
    if !(0.0..=0.5).contains(&tail) {
        return f64::NAN;
    }
    if tail == 0.0 {
        return f64::INFINITY.copysign(centred);
    }
    tail_quantile((-tail.ln()).sqrt()).copysign(centred)
}

/// Quantile of the upper tail by √(−ln p).
fn tail_quantile(r: f64) -> f64 {
    const C: [f64; 8] = [
        7.74545014278341407640e-4,
        0.0227238449892691845833,
        0.241780725177450611770,
        1.27045825245236838258,
        3.64784832476320460504,
        5.76949722146069140550,
        4.63033784615654529590,
        1.42343711074968357734,
    ];
    const D: [f64; 8] = [
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        0.0151986665636164571966,
        0.148103976427480074590,
        0.689767334985100004550,
        1.67638483018380384940,
        2.05319162663775882187,
        1.0,
    ];
    const E: [f64; 8] = [
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.00124266094738807843860,
        0.0265321895265761230930,
        0.296560571828504891230,
        1.78482653991729133580,
        5.46378491116411436990,
        6.65790464350110377720,
    ];
    const F: [f64; 8] = [
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        0.0148753612908506148525,
        0.136929880922735805310,
        0.599832206555887937690,
        1.0,
    ];
    if r <= 5.0 {
        polynomial(&C, r - 1.6) / polynomial(&D, r - 1.6)
    } else {
        polynomial(&E, r - 5.0) / polynomial(&F, r - 5.0)
    }
}

/// Coefficients from the highest power down (Horner).
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |value, c| value * x + c)
}
