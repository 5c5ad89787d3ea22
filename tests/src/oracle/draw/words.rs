//! Names, texts and numbers: common ones, and those that break things.

use super::dice::Dice;

const FIELDS: [&str; 12] = ["id", "name", "a", "b", "c", "ts", "amount", "email", "address", "tags", "count", "active"];
const ODD_FIELDS: [&str; 16] = [
    "A",
    "a.b",
    "`q`",
    "ü",
    "𝒳y",
    "two words",
    "a:b",
    "x,y",
    "a`b",
    "$",
    "schema",
    "payload",
    "map",
    "ID",
    "0",
    "a.b.c",
];
const TEXTS: [&str; 22] = [
    "",
    "ada",
    "Grüße",
    "𝒜𝓁𝒾𝒸ℯ",
    "日本語",
    "👩‍👩‍👧",
    "\u{0}",
    "line\nbreak\ttab\r",
    "\"quoted\"",
    "back\\slash",
    "\u{7f}\u{80}\u{9f}",
    "\u{2028}\u{2029}",
    "\u{feff}bom",
    "e\u{301}",
    "</script>",
    "null",
    "a,b:c",
    " padded ",
    "ß",
    "İ",
    "\u{ffff}",
    "${x}",
];
const NUMBERS: [&str; 34] = [
    "0",
    "1",
    "-1",
    "+1",
    "1.5",
    "-0",
    "-0.0",
    "0.1",
    "1e3",
    "1E-7",
    "127",
    "128",
    "-128",
    "-129",
    "32767",
    "32768",
    "2147483647",
    "2147483648",
    "-2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "1.7976931348623157e308",
    "1e400",
    "4.9E-324",
    "NaN",
    "Infinity",
    "-Infinity",
    "1f",
    "1d",
    "0x1F",
    " 7 ",
    "1.",
    "١",
];
const TIMES: [&str; 8] = [
    "2024-02-29",
    "1970-01-01T00:00:00.000Z",
    "2024-02-29T12:34:56.789Z",
    "12:34:56.789Z",
    "0001-01-01",
    "9999-12-31T23:59:59.999Z",
    "2024-02-30",
    "2024-06-01T10:00:00.000+0200",
];
const TOPICS: [&str; 12] = [
    "orders",
    "orders-2024",
    "orders.eu.v1",
    "Orders",
    "logs_12_x",
    "a",
    "db.public.users",
    "db.public.users.1",
    "x-y-z",
    "T",
    "__internal",
    "orders-2024-01-15",
];

/// Returns a field's name.
pub(super) fn field(dice: &mut Dice) -> String {
    if dice.percent(88) { dice.pick(&FIELDS) } else { dice.pick(&ODD_FIELDS) }.to_owned()
}

/// Returns a name for a schema.
pub(super) fn schema_name(dice: &mut Dice) -> String {
    dice.pick(&["Order", "com.example.Customer", "ü.𝒳", "", "a b", "org.apache.kafka.connect.data.Dat"]).to_owned()
}

/// Returns a topic's name.
pub(super) fn topic(dice: &mut Dice) -> String {
    if dice.percent(98) { dice.pick(&TOPICS) } else { dice.pick(&["topic-ü", "日本", "a b"]) }.to_owned()
}

/// Returns a header's name.
pub(super) fn header(dice: &mut Dice) -> String {
    let name = if dice.percent(96) { dice.pick(&["trace", "h", "h", "source", "ü", "H"]) } else { "" };
    name.to_owned()
}

/// Returns any text, often a number or a time.
pub(super) fn text(dice: &mut Dice) -> String {
    match dice.below(20) {
        0..=5 => number(dice),
        6 => dice.pick(&["true", "false", "TRUE", "False", "yes", "1"]).to_owned(),
        7..=8 => dice.pick(&TIMES).to_owned(),
        9 => "x".repeat(dice.below(400)),
        10..=11 => format!("{}{}", dice.pick(&TEXTS), dice.pick(&TEXTS)),
        12 => (0..dice.below(12)).map(|_| character(dice)).collect(),
        _ => dice.pick(&TEXTS).to_owned(),
    }
}

/// Returns a number as text, sometimes nearly one.
pub(super) fn number(dice: &mut Dice) -> String {
    match dice.below(5) {
        0 => int(dice).to_string(),
        1 => format!("{}.{}", dice.between(-999, 999), dice.below(1000)),
        2 => format!("{}e{}", dice.between(-99, 99), dice.between(-30, 30)),
        _ => dice.pick(&NUMBERS).to_owned(),
    }
}

fn character(dice: &mut Dice) -> char {
    let ranges = [(0, 0x1f), (0x20, 0x7e), (0x80, 0x7ff), (0x800, 0xd7ff), (0xe000, 0xffff), (0x1_0000, 0x10_fffd)];
    let (least, most) = dice.pick(&ranges);
    u32::try_from(dice.between(least, most)).ok().and_then(char::from_u32).unwrap_or('?')
}

/// Returns a number, mostly small or near where a type ends.
pub(super) fn int(dice: &mut Dice) -> i64 {
    let edges = [0, 1 << 7, 1 << 8, 1 << 15, 1 << 16, 1 << 31, 1 << 32, 1 << 53, 1 << 62, i64::MAX];
    match dice.below(4) {
        0 => dice.pick(&edges).wrapping_add(dice.between(-2, 2)),
        1 => dice.pick(&edges).wrapping_neg().wrapping_add(dice.between(-2, 2)),
        2 => dice.between(-100, 1000),
        _ => dice.bits().cast_signed() >> dice.below(64),
    }
}

/// Returns a float, mostly plain or where its type ends.
pub(super) fn float(dice: &mut Dice) -> f64 {
    let edges = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.1,
        1.5,
        2.5,
        1e7,
        1e-3,
        9.999e6,
        1e21,
        1e10,
        123_456_789.125,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        2e23,
        9_007_199_254_740_993.0,
        2_147_483_648.0,
        9.3e18,
        f64::EPSILON,
        3.4e38,
        1e-45,
        127.9,
        -128.9,
        32768.5,
    ];
    match dice.below(4) {
        0 => f64::from_bits(dice.bits()),
        1 => dice.between(-100_000, 100_000) as f64 / 100.0,
        _ => dice.pick(&edges),
    }
}

/// Returns milliseconds since 1970 from year 1 to year 9999.
pub(super) fn millis(dice: &mut Dice) -> i64 {
    let edges = [
        -62_135_596_800_000,
        253_402_300_799_999,
        0,
        -1,
        1,
        999,
        -86_400_000,
        951_782_400_000,
        1_709_164_800_000,
        1_709_210_096_789,
        -12_219_292_800_000,
        -12_219_292_800_001,
        1_735_603_200_000,
    ];
    match dice.below(4) {
        0 => dice.pick(&edges),
        1 => dice.between(-62_135_596_800_000, 253_402_300_799_999),
        _ => dice.between(0, 2_000_000_000_000),
    }
}

/// Returns a record's timestamp, which is hardly ever before 1970: no producer sends that.
pub(super) fn timestamp(dice: &mut Dice) -> i64 {
    let millis = millis(dice);
    if dice.percent(98) { millis.abs() } else { millis }
}
