//! The query part of an address: known parameters, each once; what is unknown is never ignored.

use varanto_domain::faults::{Fault, FaultKind};

/// Reads the query part of an address into names and values.
///
/// # Errors
/// A fault for every parameter that is unknown or given twice.
pub fn read(query: &str, known: &[&str]) -> Result<Vec<(String, String)>, Vec<Fault>> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut faults = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name), decode(value));
        if !known.contains(&name.as_str()) {
            let fault = Fault::new(FaultKind::UnknownParameter, short(&name), "ARC-8");
            faults.push(fault.arg("known", known_text(known)));
        } else if all.iter().any(|(earlier, _)| *earlier == name) {
            faults.push(Fault::new(FaultKind::DuplicateMember, name, "ARC-8"));
        } else {
            all.push((name, value));
        }
    }
    if faults.is_empty() { Ok(all) } else { Err(faults) }
}

fn known_text(known: &[&str]) -> String {
    if known.is_empty() { "–".to_owned() } else { known.join(", ") }
}

/// A name a stranger made up, short enough to tell back.
#[must_use]
pub fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Undoes percent-encoding; bytes that are no UTF-8 become the replacement character.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (*first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (other, _) => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
