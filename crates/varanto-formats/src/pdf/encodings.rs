//! Encodings of simple fonts: from a code to the name of a glyph.

use read_fonts::ps::agl;
use read_fonts::ps::encoding::PredefinedEncoding;
use read_fonts::ps::string::STANDARD_STRINGS;

/// What Windows encodes from 0x80 to 0x9f; a dot stands for what it leaves out.
const WINDOWS: &str = "€•‚ƒ„…†‡ˆ‰Š‹Œ•Ž••‘’“”•–—˜™š›œ•žŸ";
/// What the Macintosh encodes from 0x80.
const MACINTOSH: &str = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»… \
ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄¤‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{f8ff}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";

/// An encoding that the PDF standard names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Base {
    Standard,
    WinAnsi,
    MacRoman,
    MacExpert,
}

impl Base {
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"StandardEncoding" => Some(Self::Standard),
            b"WinAnsiEncoding" => Some(Self::WinAnsi),
            b"MacRomanEncoding" => Some(Self::MacRoman),
            b"MacExpertEncoding" => Some(Self::MacExpert),
            _ => None,
        }
    }

    /// The glyph's name; `None` for what the encoding leaves out.
    pub(super) fn name(self, code: u8) -> Option<String> {
        match self {
            Self::Standard => {
                let name = PredefinedEncoding::Standard.name(code);
                (!matches!(name, "" | ".notdef")).then(|| name.to_owned())
            }
            Self::MacExpert => None,
            Self::WinAnsi | Self::MacRoman => {
                let sign = self.sign(code)?;
                let name = match sign {
                    // The first name in the list is not the one that fonts use.
                    '\u{a0}' | ' ' => "space".to_owned(),
                    '\u{ad}' | '-' => "hyphen".to_owned(),
                    'µ' => "mu".to_owned(),
                    '¯' => "macron".to_owned(),
                    '·' => "periodcentered".to_owned(),
                    '⁄' => "fraction".to_owned(),
                    'Ω' => "Omega".to_owned(),
                    '∆' => "Delta".to_owned(),
                    sign => standard_name(sign).or_else(|| {
                        let mut room = [0; 64];
                        agl::char_to_name(sign, &mut room).map(str::to_owned)
                    })?,
                };
                Some(name)
            }
        }
    }

    /// The character of a code.
    pub(super) fn sign(self, code: u8) -> Option<char> {
        let printed = (0x20..0x7f).contains(&code).then(|| char::from(code));
        match self {
            Self::WinAnsi => printed.or_else(|| match code {
                0x80..=0x9f => WINDOWS.chars().nth(usize::from(code - 0x80)),
                0xa0.. => Some(char::from(code)),
                0x7f => Some('•'),
                _ => None,
            }),
            Self::MacRoman => printed.or_else(|| {
                let at = usize::from(code.checked_sub(0x80)?);
                MACINTOSH.chars().filter(|sign| *sign != '\n').nth(at)
            }),
            Self::Standard => unicode_of(PredefinedEncoding::Standard.name(code)),
            Self::MacExpert => None,
        }
    }
}

/// The name in the standard Latin set of a character.
fn standard_name(sign: char) -> Option<String> {
    let names = STANDARD_STRINGS.iter().take(229).skip(1);
    names.filter(|name| agl::name_to_char(name) == Some(sign)).map(|name| (*name).to_owned()).next()
}

/// Whether a glyph name is in the standard Latin character set or in that of the Symbol font.
pub(super) fn is_standard_name(name: &str) -> bool {
    STANDARD_STRINGS[..229].contains(&name)
        || SYMBOL.split_ascii_whitespace().any(|one| one == name)
}

/// The names of the Symbol font that the standard Latin set does not have.
const SYMBOL: &str = "Alpha Beta Chi Delta Epsilon Eta Euro Gamma Ifraktur Iota Kappa Lambda Mu Nu \
Omega Omicron Phi Pi Psi Rfraktur Rho Sigma Tau Theta Upsilon Upsilon1 Xi Zeta aleph alpha angle \
angleleft angleright apple approxequal arrowboth arrowdblboth arrowdbldown arrowdblleft \
arrowdblright arrowdblup arrowdown arrowhorizex arrowleft arrowright arrowup arrowvertex \
asteriskmath beta braceex braceleftbt braceleftmid bracelefttp bracerightbt bracerightmid \
bracerighttp bracketleftbt bracketleftex bracketlefttp bracketrightbt bracketrightex \
bracketrighttp carriagereturn chi circlemultiply circleplus club congruent copyrightsans \
copyrightserif delta diamond dotmath element emptyset epsilon equivalence eta existential \
florin gamma gradient greaterequal heart infinity integral integralbt integralex integraltp \
intersection iota kappa lambda lessequal logicaland logicalnot logicalor lozenge minute mu \
notelement notequal notsubset nu omega omega1 omicron parenleftbt parenleftex parenlefttp \
parenrightbt parenrightex parenrighttp partialdiff perpendicular phi phi1 pi product \
propersubset propersuperset proportional psi radical radicalex reflexsubset reflexsuperset \
registersans registerserif rho second sigma sigma1 similar spade suchthat summation tau \
therefore theta theta1 trademarksans trademarkserif union universal upsilon weierstrass xi zeta";

/// The character that a glyph name stands for in the Adobe Glyph List.
pub(super) fn unicode_of(name: &str) -> Option<char> {
    agl::name_to_char(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_name_their_glyphs() {
        let name = |base: Base, code| base.name(code).unwrap_or_default();
        assert_eq!(name(Base::WinAnsi, b'A'), "A");
        assert_eq!(name(Base::WinAnsi, 0xe4), "adieresis");
        assert_eq!(name(Base::WinAnsi, 0x80), "Euro");
        assert_eq!(name(Base::WinAnsi, b'\''), "quotesingle");
        assert_eq!(name(Base::MacRoman, 0x8a), "adieresis");
        assert_eq!(name(Base::MacRoman, 0xff), "caron");
        assert_eq!(name(Base::MacRoman, 0xca), "space");
        assert_eq!(name(Base::Standard, 0x27), "quoteright");
        assert_eq!(Base::Standard.name(0x80), None);
        assert!(is_standard_name("adieresis") && is_standard_name("alpha"));
        assert!(!is_standard_name("g17"));
    }
}
