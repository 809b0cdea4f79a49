//! One value as it is typed, and back.

use std::borrow::Cow;

use varanto_domain::structures::{Content, Field, FieldKind};
use varanto_domain::time::{FinnishDay, Instant};

use super::choices::CodeLists;
use crate::content;

/// The most digits of a number: more are no amount, age or count, and another reader may round them.
const MAX_DIGITS: usize = 15;

/// A value as its control shows it: as people write it where that reads back as the same, else as it stands.
pub(super) fn shown(field: &Field, value: &Content, lists: &CodeLists) -> String {
    let plain = as_it_stands(value);
    let pretty = match &field.kind {
        FieldKind::Date => date_shown(&plain),
        FieldKind::Moment => moment_shown(&plain),
        FieldKind::Number => Some(plain.replace('.', ",")),
        FieldKind::Code { .. } => return code_shown(value),
        _ => None,
    };
    let reads_back = |pretty: &String| read(field, pretty, None, lists).as_ref() == Some(value);
    pretty.filter(reads_back).unwrap_or(plain)
}

/// The value that a text is of the row's kind; the text itself where it is none, and nothing where there is none.
pub(super) fn read(
    field: &Field,
    typed: &str,
    kept: Option<&str>,
    lists: &CodeLists,
) -> Option<Content<'static>> {
    let trimmed = typed.trim();
    let empty = match &field.kind {
        FieldKind::Text | FieldKind::Name | FieldKind::SignatureLine => typed.is_empty(),
        _ => trimmed.is_empty(),
    };
    if empty {
        return None;
    }
    let as_typed = || Content::Text(Cow::Owned(trimmed.to_owned()));
    Some(match &field.kind {
        FieldKind::Text | FieldKind::Name | FieldKind::SignatureLine | FieldKind::Group(_) => {
            Content::Text(Cow::Owned(typed.to_owned()))
        }
        FieldKind::Date => date(trimmed).map_or_else(as_typed, text),
        FieldKind::Moment => moment(trimmed).map_or_else(as_typed, text),
        FieldKind::Number | FieldKind::Quantity => number(trimmed).map_or_else(as_typed, of_number),
        FieldKind::Switch => match trimmed {
            "true" => Content::Switch(true),
            "false" => Content::Switch(false),
            _ => as_typed(),
        },
        FieldKind::Phrase(texts) => {
            let chosen = trimmed.parse::<usize>().ok().and_then(|number| texts.get(number));
            chosen.map_or_else(as_typed, |chosen| text(chosen.clone()))
        }
        FieldKind::Code { .. } => code(field, trimmed, kept, lists).unwrap_or_else(as_typed),
        FieldKind::Identifier { system } => {
            let system = kept.or(system.as_deref()).filter(|system| !system.is_empty());
            let mut members = Vec::with_capacity(2);
            members.extend(system.map(|system| (Cow::Borrowed("system"), text(system.to_owned()))));
            members.push((Cow::Borrowed("value"), as_typed()));
            Content::Object(members)
        }
    })
}

fn text(text: String) -> Content<'static> {
    Content::Text(Cow::Owned(text))
}

fn of_number(number: String) -> Content<'static> {
    Content::Number(Cow::Owned(number))
}

/// A value without anything done to it; of a code or identifier what names it.
fn as_it_stands(value: &Content) -> String {
    match value {
        Content::Text(text) | Content::Number(text) => text.clone().into_owned(),
        Content::Switch(yes) => yes.to_string(),
        Content::Object(_) => value.member("value").map(as_it_stands).unwrap_or_default(),
        Content::Null | Content::List(_) => String::new(),
    }
}

/// `2026-03-23` as `23.3.2026`, `2026-03` as `3.2026`.
fn date_shown(text: &str) -> Option<String> {
    let parts: Vec<u16> = text.split('-').map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(match parts[..] {
        [year, month, day] => format!("{day}.{month}.{year:04}"),
        [year, month] => format!("{month}.{year:04}"),
        _ => return None,
    })
}

/// A date as Finns write it, as the structures want it; one in that form stays as it is.
fn date(typed: &str) -> Option<String> {
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = typed.split('.').map(str::trim).collect();
    let formed = |part: &&str| all_digits(part) && part.len() <= 4;
    if !parts.iter().all(formed) || parts.last().is_none_or(|year| year.len() != 4) {
        return None;
    }
    let number = |part: &str| part.parse::<i16>().ok();
    match parts[..] {
        [year] => Some(year.to_owned()),
        [month, year] => {
            let (month, _) = (number(month).filter(|month| (1..=12).contains(month))?, year);
            Some(format!("{year}-{month:02}"))
        }
        [day, month, year] => {
            let (month, day) = (number(month)?.try_into().ok()?, number(day)?.try_into().ok()?);
            FinnishDay::new(number(year)?, month, day).map(|day| day.to_string())
        }
        _ => None,
    }
}

/// `2026-03-23T10:54:00+02:00` as `23.3.2026 klo 10.54`, where that is the time in Finland.
fn moment_shown(text: &str) -> Option<String> {
    let Some((day, clock)) = text.split_once('T') else { return date_shown(text) };
    let minutes = clock.get(..5)?.replace(':', ".");
    Some(format!("{} klo {}", date_shown(day)?, minutes.strip_prefix('0').unwrap_or(&minutes)))
}

/// A date, or a day with a clock in Finland, as the structures want it.
fn moment(typed: &str) -> Option<String> {
    let Some((day, clock)) = typed.split_once(' ') else { return date(typed) };
    let day = FinnishDay::parse(&date(day)?)?;
    let clock =
        ["klo", "kl.", "kl"].iter().find_map(|word| clock.strip_prefix(word)).unwrap_or(clock);
    let (hour, minute) = clock.trim().split_once(['.', ':'])?;
    let two = |part: &str| {
        let formed = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        formed.then(|| part.parse::<i8>().ok()).flatten()
    };
    let (hour, minute) = (two(hour)?, two(minute).filter(|_| minute.len() == 2)?);
    // Of the two offsets that Finland has, the one that gives this clock on this day.
    ["+02:00", "+03:00"].into_iter().find_map(|offset| {
        let text = format!("{day}T{hour:02}:{minute:02}:00{offset}");
        let instant = Instant::parse(&text)?;
        (FinnishDay::of(instant) == day && instant.finnish_hour() == hour).then_some(text)
    })
}

/// A number with a decimal comma or point, thousands apart or not, as JSON writes it.
fn number(typed: &str) -> Option<String> {
    let close = |c: char| !matches!(c, ' ' | '\u{a0}' | '\u{202f}');
    let typed: String = typed.chars().filter(|c| close(*c)).collect();
    let typed = typed.replace(',', ".").replace('\u{2212}', "-");
    let digits = typed.strip_prefix('-').unwrap_or(&typed);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    let formed = all_digits(whole) && all_digits(part) && !leading_zero;
    (formed && whole.len() + part.len() <= MAX_DIGITS).then_some(typed)
}

/// The number and the unit of a quantity as their controls show them.
pub(super) fn quantity_shown(value: &Content) -> (String, String) {
    let part = |name| value.member(name).map(as_it_stands).unwrap_or_default();
    let number_part = part("value");
    let pretty = number_part.replace('.', ",");
    let is_number = matches!(value.member("value"), Some(Content::Number(_)));
    (if is_number { pretty } else { number_part }, part("code"))
}

/// A quantity of the two texts of its controls.
pub(super) fn quantity(value: Option<&str>, unit: Option<&str>) -> Option<Content<'static>> {
    let filled = |typed: Option<&str>| {
        typed.map(str::trim).filter(|typed| !typed.is_empty()).map(str::to_owned)
    };
    let number = filled(value).map(|typed| number(&typed).map_or_else(|| text(typed), of_number));
    let unit = filled(unit).map(text);
    if number.is_none() && unit.is_none() {
        return None;
    }
    let members = [("value", number), ("code", unit)];
    let members = members.into_iter().filter_map(|(key, part)| Some((Cow::Borrowed(key), part?)));
    Some(Content::Object(members.collect()))
}

/// A code as its control shows it; what is no code as it was typed.
fn code_shown(value: &Content) -> String {
    let part = |name| value.member(name).and_then(Content::text).unwrap_or_default();
    if !matches!(value, Content::Object(_)) {
        return as_it_stands(value);
    }
    let choice = super::Choice {
        system: String::new(),
        code: part("code").to_owned(),
        name: part("display").to_owned(),
    };
    choice.shown()
}

/// A code as it stands, to be posted beside its control, where what is shown would be read as another one.
pub(super) fn code_kept(field: &Field, value: &Content, lists: &CodeLists) -> Option<String> {
    let shown = code_shown(value);
    let same = read(field, &shown, None, lists).as_ref() == Some(value);
    (!same && matches!(value, Content::Object(_))).then(|| content::write(value))
}

fn code(
    field: &Field,
    typed: &str,
    kept: Option<&str>,
    lists: &CodeLists,
) -> Option<Content<'static>> {
    let kept = kept.and_then(|kept| content::read(kept.as_bytes(), "kept").ok());
    let untouched = kept.filter(|kept| code_shown(kept).trim() == typed);
    if let Some(untouched) = untouched {
        return Some(untouched.to_owned_content());
    }
    let choices = lists.of(field);
    let found = choices.find(typed).cloned().or_else(|| choices.typed(typed));
    found.map(|choice| choice.content())
}

/// The system of an identifier, to be posted beside its control; empty for none.
pub(super) fn system_kept(value: &Content) -> Option<String> {
    matches!(value, Content::Object(_))
        .then(|| value.member("system").map(as_it_stands).unwrap_or_default())
}
