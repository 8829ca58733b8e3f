//! Values of one JSON type as values of another.

use serde_json::{Number, Value};

/// What is to be done with a value.
pub(super) enum Fit {
    Fits,
    As(Value),
    Not,
}

/// The range of an integer type.
fn range(wanted: &str) -> Option<(i128, i128)> {
    Some(match wanted {
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" => (i64::MIN.into(), i64::MAX.into()),
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" => (0, u64::MAX.into()),
        _ => return None,
    })
}

/// Whether the decoder's word for what it wanted is that of a type that values can be converted to.
pub(super) fn is_scalar(wanted: &str) -> bool {
    range(wanted).is_some() || ["f32", "f64", "a boolean", "a string"].contains(&wanted)
}

/// A value as a scalar of another type.
pub(super) fn scalar(value: &Value, wanted: &str) -> Fit {
    let converted = match (wanted, value) {
        ("a string", Value::String(_))
        | ("a boolean", Value::Bool(_))
        | ("f32" | "f64", Value::Number(_)) => {
            return Fit::Fits;
        }
        ("a string", Value::Number(number)) => Some(number.to_string().into()),
        ("a string", Value::Bool(value)) => Some(value.to_string().into()),
        ("a boolean", Value::Number(number)) => match number.as_f64() {
            Some(0.0) => Some(false.into()),
            Some(1.0) => Some(true.into()),
            _ => None,
        },
        ("a boolean", Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true.into()),
            "false" | "0" => Some(false.into()),
            _ => None,
        },
        ("f32" | "f64", Value::String(text)) => number(text).map(Value::Number),
        (_, Value::Number(number)) if range(wanted).is_some() => match integer(number, wanted) {
            Some(_) if !number.is_f64() => return Fit::Fits,
            converted => converted,
        },
        (_, Value::String(text)) if range(wanted).is_some() => {
            number(text).and_then(|number| integer(&number, wanted))
        }
        _ => None,
    };
    converted.map_or(Fit::Not, Fit::As)
}

/// A number as an integer of a type, if it has no fraction and is in range.
fn integer(number: &Number, wanted: &str) -> Option<Value> {
    /// Above this, a float does not distinguish one integer from the next.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let (least, most) = range(wanted)?;
    let whole = match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(whole), _, _) => i128::from(whole),
        (_, Some(whole), _) => i128::from(whole),
        (_, _, Some(float)) if float.fract() == 0.0 && float.abs() <= EXACT => float as i128,
        _ => return None,
    };
    if !(least..=most).contains(&whole) {
        return None;
    }
    match (i64::try_from(whole), u64::try_from(whole)) {
        (Ok(whole), _) => Some(whole.into()),
        (_, Ok(whole)) => Some(whole.into()),
        _ => None,
    }
}

fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    serde_json::from_str(text.strip_prefix('+').unwrap_or(text)).ok()
}
