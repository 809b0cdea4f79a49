//! A letter in Rich Text Format: only words that are known to come out of a conversion are let through.

use std::collections::HashMap;

use encoding_rs::WINDOWS_1252;

use super::docx::LIGHT;
use super::field::{Field, field};
use super::letter::{Letter, PICTURE_FONTS, Piece};
use crate::conversion::NotConverted;

/// So deep groups stand within one another.
const DEEPEST: usize = 200;
/// Fonts of signs instead of letters.
const CHARSET_OF_SIGNS: i32 = 2;
/// Fonts in the letters of Western Europe, or in those that the letter says.
const CHARSETS: [i32; 2] = [0, 1];
const WESTERN: i32 = 1252;

/// Words that change how text looks, how it is set, and what programs remember.
const LOOKS: &str = " rtf ansi deff adeff deflang deflangfe adeflang stshfdbch stshfloch stshfhich stshfbi \
    themelang themelangfe themelangcs plain b i ul ulnone uld uldb uldash uldashd uldashdd ulth ulw ulwave ulhair ulc \
    strike striked sub super nosupersub up dn caps scaps     f fs cf cb highlight chcbpat chcfpat \
    chshdng expnd expndtw kerning charscalex lang langfe langnp langfenp noproof af afs ab ai alang aul acf aexpnd \
    ltrch rtlch loch hich dbch fcs fbidi cs s ds ts cgrid insrsid charrsid pararsid sectrsid styrsid tblrsid rsidroot \
    par pard ql qr qc qj fi li ri lin rin sb sa sl slmult keep keepn widctlpar nowidctlpar pagebb noline hyphpar intbl \
    itap tx tqr tqc tqdec tb tldot tlhyph tlul tlth tleq deftab outlinelevel level ilvl ls ltrpar aspalpha aspnum faauto \
    adjustright sbauto saauto lisa lisb culi cufi curi contextualspace brdrt brdrb brdrl brdrr   box brdrs \
    brdrth brdrsh brdrdb brdrdot brdrdash brdrhair brdrw brdrcf brsp brdrnone brdrnil shading cfpat cbpat nosnaplinegrid \
    snaptogrid wrapdefault nooverflow nocwrap nowwrap yts tscellwidthfts \
    trowd row cell cellx trgaph trleft trrh trhdr trkeep trql trqr trqc trautofit lastrow irow irowband ltrrow \
    clvertalt clvertalc clvertalb clbrdrt clbrdrl clbrdrb clbrdrr cltxlrtb clftsWidth clwWidth clcbpat clcfpat clshdng \
    clcbpatraw clcfpatraw clshdngraw clmgf clmrg clvmgf clvmrg clpadl clpadt clpadr clpadb clpadfl clpadft clpadfr clpadfb \
    clhidemark clNoWrap clshdrawnil trpaddl trpaddt trpaddr trpaddb trpaddfl trpaddft trpaddfr trpaddfb trspdl trspdt trspdr trspdb \
    trspdfl trspdft trspdfr trspdfb trbrdrt trbrdrl trbrdrb trbrdrr trbrdrh trbrdrv trftsWidth trwWidth trftsWidthB \
    trftsWidthA trwWidthA trwWidthB tbllkhdrrows tbllklastrow tbllkhdrcols tbllklastcol tbllkborder tbllkshading \
    tbllkfont tbllkcolor tbllkbestfit tbllknorowband tbllknocolband tblind tblindtype \
    sectd sect sbknone sbkpage sbkcol sbkodd sbkeven cols colsx headery footery pgwsxn pghsxn marglsxn margrsxn margtsxn \
    margbsxn guttersxn titlepg pgndec pgncont endnhere sectlinegrid sectdefaultcl sectunlocked ltrsect lndscpsxn vertalt \
    binfsxn binsxn linex jclisttab fbias noqfpromote paperw paperh margl margr margt margb gutter facingp landscape widowctrl ftnbj aenddoc sftnbj saftnnrlc \
    sftnnar aftnnrlc aftnstart aftnrstcont ftnstart ftnrstcont ftnnar noxlattoyen expshrtn noultrlspc dntblnsbdb \
    nospaceforul hyphcaps hyphauto hyphhotz hyphconsec formshade horzdoc dgmargin dghspace dgvspace dghorigin dgvorigin \
    dghshow dgvshow jexpand viewkind viewscale viewzk viewbksp pgbrdrhead pgbrdrfoot splytwnine ftnlytwnine htmautsp \
    nolnhtadjtbl useltbaln alntblind lytcalctblwd lyttblrtgr lnbrkrule nobrkwrptbl snaptogridincell allowfieldendsel \
    wrppunct asianbrkrule newtblstyruls nogrowautofit usenormstyforlist noindnmbrts felnbrelev nocxsptable \
    indrlsweleven noafcnsttbl afelev utinl hwelev spltpgpar notcvasp notbrkcnstfrctbl notvatxbx krnprsnet cachedcolbal \
    nouicompat fet trackmoves trackformatting donotembedsysfont donotembedlingdata relyonvml grfdocevents validatexml \
    showplaceholdtext ignoremixedcontent saveinvalidxml showxmlerrors nofeaturethrottle ilfomacatclnup ltrdoc lytprtmet \
    prcolbl subfontbysize swpbdr transmf truncatefontheight wraptrsp sprslnsp sprsspbf sprstsp lnongrid otblrul \
    oldas oldlinewrap notabind nocolbal msmcap brkfrm bdbfhdr expshrtn fracwidth private pgdscno fldlock flddirty fldedit \
    ";
/// Words that only part text from text.
const PARTS: &str = " tab line page column softline softpage softcol lbr ";
/// Groups that hold nothing which is shown.
const SILENT: &str = " stylesheet listtable listoverridetable generator latentstyles rsidtbl themedata \
    colorschememapping xmlnstbl wgrffmtfilter pgptbl mmathPr defchp defpap datastore pgdsctbl bkmkstart bkmkend pn \
    pnseclvl revtbl fchars lchars panose falt ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn template \
    nextfile oldcprops oldpprops oldtprops oldsprops ";
/// Entries about the letter that are no content: who wrote it when, with what, and its size.
const ENTRIES: &str = " title author operator company manager creatim revtim printim buptim version edmins nofpages \
    nofwords nofchars nofcharsws id vern yr mo dy hr min sec ";
/// Entries that may be.
const ENTRIES_OF_CONTENT: &str = " subject keywords comment doccomm category hlinkbase ";

/// Signs that have words for names.
const SIGNS: [(&str, char); 10] = [
    ("emdash", '—'),
    ("endash", '–'),
    ("lquote", '‘'),
    ("rquote", '’'),
    ("ldblquote", '“'),
    ("rdblquote", '”'),
    ("bullet", '•'),
    ("emspace", ' '),
    ("enspace", ' '),
    ("qmspace", ' '),
];

fn named(list: &str, name: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == name)
}

fn loses<T>(what: &str) -> Result<T, NotConverted> {
    Err(NotConverted::Loses { what: what.to_owned() })
}

fn broken() -> NotConverted {
    NotConverted::here("the letter is broken")
}

/// What is said of a word that is not known to come out.
fn what_of(word: &str) -> &'static str {
    match word {
        "v" | "webhidden" | "spv" => "hidden text",
        "revised" | "deleted" | "mvf" | "mvt" | "revauth" | "revauthdel" => {
            "changes that were tracked"
        }
        "annotation" | "atnid" | "atnauthor" | "atrfstart" | "atrfend" | "atnref" | "atndate" => {
            "comments"
        }
        "footnote" | "chftn" => "footnotes",
        "object" | "objdata" | "objemb" | "objlink" | "bin" => "an object within the letter",
        "shp" | "shpinst" | "shptxt" | "do" | "posx" | "posy" | "absw" | "absh" | "background" => {
            "a drawing, a box or a frame"
        }
        "chdate" | "chtime" | "chdpl" | "chdpa" | "sectnum" => {
            "a field that would be computed anew"
        }
        "userprops" | "docvar" => "an entry about the file",
        "pict" | "shppict" | "nonshppict" => "a picture in Rich Text Format",
        _ => "what is not known in a letter",
    }
}

/// A token of the letter.
enum Token {
    Open,
    Close,
    Word(String, Option<i32>),
    /// A sign that a backslash makes a word.
    Symbol(u8),
    /// A byte of text.
    Byte(u8),
}

struct Tokens<'a> {
    rest: &'a [u8],
}

impl Tokens<'_> {
    fn next(&mut self) -> Result<Option<Token>, NotConverted> {
        let Some((&first, rest)) = self.rest.split_first() else { return Ok(None) };
        self.rest = rest;
        Ok(Some(match first {
            b'{' => Token::Open,
            b'}' => Token::Close,
            b'\\' => return self.word().map(Some),
            byte => Token::Byte(byte),
        }))
    }

    fn word(&mut self) -> Result<Token, NotConverted> {
        let letters = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        if letters == 0 {
            let (&sign, rest) = self.rest.split_first().ok_or_else(broken)?;
            self.rest = rest;
            if sign != b'\'' {
                return Ok(Token::Symbol(sign));
            }
            let (two, rest) = self.rest.split_at_checked(2).ok_or_else(broken)?;
            self.rest = rest;
            let two = std::str::from_utf8(two).map_err(|_| broken())?;
            return u8::from_str_radix(two, 16).map(Token::Byte).map_err(|_| broken());
        }
        let (word, rest) = self.rest.split_at(letters);
        let digits = rest
            .iter()
            .enumerate()
            .take_while(|(at, byte)| byte.is_ascii_digit() || (*at == 0 && **byte == b'-'));
        let (number, rest) = rest.split_at(digits.count());
        self.rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let word = String::from_utf8_lossy(word).into_owned();
        let number = match number {
            [] => None,
            number => {
                let number = std::str::from_utf8(number).map_err(|_| broken())?;
                Some(number.parse().map_err(|_| broken())?)
            }
        };
        Ok(Token::Word(word, number))
    }
}

/// What the text of a group is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Head,
    Foot,
    /// What stands before a paragraph of a list.
    Mark,
    Instruction,
    Fonts,
    Colours,
    /// Entries about the letter, and one that may be content.
    Entries,
    EntryOfContent,
    Silent,
}

#[derive(Clone, Copy)]
struct Group {
    place: Place,
    /// Where a field or a mark within it is shown.
    around: Place,
    /// How many bytes stand for those who do not read a sign of Unicode.
    instead: usize,
    font: i32,
    /// Whether the group is of a field, and whether its result is shown.
    is_field: bool,
}

#[derive(Default)]
struct Font {
    charset: i32,
    name: String,
}

struct Reader {
    letter: Letter,
    groups: Vec<Group>,
    fonts: HashMap<i32, Font>,
    /// What is collected in the innermost place that collects: an instruction, a mark, a picture's bytes.
    collected: String,
    /// The font of signs that a mark is of.
    mark_font: String,
    /// Which colours are light, and the one that is read.
    light: Vec<bool>,
    colour: [u8; 3],
    /// The font of text that names none.
    usual: i32,
    fields: Vec<Option<Field>>,
    /// The first half of a sign of two.
    half: Option<u16>,
    /// So many bytes are still those that stand instead of a sign.
    skip: usize,
}

/// Reads a letter.
///
/// # Errors
/// It is broken, or holds what is not known to come out.
pub(super) fn read(source: &[u8]) -> Result<Letter, NotConverted> {
    let mut tokens = Tokens { rest: source };
    let mut reader = Reader {
        letter: Letter::default(),
        groups: Vec::new(),
        fonts: HashMap::new(),
        collected: String::new(),
        mark_font: String::new(),
        light: Vec::new(),
        colour: [0; 3],
        usual: 0,
        fields: Vec::new(),
        half: None,
        skip: 0,
    };
    while let Some(token) = tokens.next()? {
        match token {
            Token::Open => reader.open(&mut tokens)?,
            Token::Close => {
                reader.close()?;
                if reader.groups.is_empty() {
                    break;
                }
            }
            Token::Word(word, number) => reader.word(&word, number)?,
            Token::Symbol(sign) => reader.symbol(sign)?,
            Token::Byte(byte) => reader.byte(byte)?,
        }
    }
    let is_nothing = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    if !reader.groups.is_empty() || !tokens.rest.iter().all(is_nothing) {
        return Err(broken());
    }
    Ok(reader.letter)
}

impl Reader {
    fn group(&mut self) -> Result<&mut Group, NotConverted> {
        self.groups.last_mut().ok_or_else(broken)
    }

    /// Begins a group; its first word says what it is.
    fn open(&mut self, tokens: &mut Tokens<'_>) -> Result<(), NotConverted> {
        self.skip = 0;
        if self.groups.len() >= DEEPEST {
            return Err(NotConverted::here("groups are nested too deeply"));
        }
        let outer = self.groups.last().copied();
        let mut group = outer.map_or(
            Group { place: Place::Text, around: Place::Text, instead: 1, font: 0, is_field: false },
            |outer| Group { is_field: false, ..outer },
        );
        let before = tokens.rest;
        let mut first = tokens.next()?;
        while matches!(first, Some(Token::Byte(b'\r' | b'\n'))) {
            first = tokens.next()?;
        }
        let is_optional = matches!(first, Some(Token::Symbol(b'*')));
        if is_optional {
            first = tokens.next()?;
        }
        let Some(Token::Word(word, _)) = &first else {
            tokens.rest = before;
            self.groups.push(group);
            return if is_optional { Err(broken()) } else { Ok(()) };
        };
        if outer.is_none() && word != "rtf" {
            return Err(broken());
        }
        if group.place == Place::Silent {
            self.groups.push(group);
            return Ok(());
        }
        let is_known = self.begin(word, &mut group)?;
        if !is_known {
            if is_optional {
                return loses(what_of(word));
            }
            // A group that only holds together: its first word is one like the others.
            tokens.rest = before;
        }
        self.groups.push(group);
        Ok(())
    }

    /// What a group is that begins with a word; false where the word is none that begins one.
    fn begin(&mut self, word: &str, group: &mut Group) -> Result<bool, NotConverted> {
        let within = group.place;
        let shown = matches!(within, Place::Text | Place::Head | Place::Foot);
        group.place = match word {
            "fonttbl" => Place::Fonts,
            "colortbl" => Place::Colours,
            "info" => Place::Entries,
            word if within == Place::Entries && named(ENTRIES, word) => {
                if ["company", "manager", "operator"].contains(&word) {
                    self.letter.leaves_out("extended-properties");
                }
                Place::Silent
            }
            word if within == Place::Entries && named(ENTRIES_OF_CONTENT, word) => {
                Place::EntryOfContent
            }
            word if named(SILENT, word) => Place::Silent,
            "header" | "headerl" | "headerr" | "headerf" if within == Place::Text => {
                self.letter.heads.push(Vec::new());
                Place::Head
            }
            "footer" | "footerl" | "footerr" | "footerf" if within == Place::Text => {
                self.letter.feet.push(Vec::new());
                Place::Foot
            }
            "listtext" | "pntext" if shown => {
                self.collected.clear();
                self.mark_font.clear();
                Place::Mark
            }
            "field" if shown => {
                self.fields.push(None);
                group.is_field = true;
                within
            }
            "field" => return loses("a field within a field"),
            "fldinst" if shown => {
                self.collected.clear();
                Place::Instruction
            }
            "fldrslt" if shown => match self.fields.last() {
                Some(Some(Field::Anew(_))) => Place::Silent,
                Some(Some(_)) => within,
                _ => return loses("a field that does not end"),
            },
            _ => return Ok(false),
        };
        if group.place != within {
            group.around = within;
        }
        Ok(true)
    }

    fn close(&mut self) -> Result<(), NotConverted> {
        self.skip = 0;
        let group = self.groups.pop().ok_or_else(broken)?;
        if group.is_field {
            self.fields.pop();
        }
        let outer = self.groups.last().map(|outer| outer.place);
        if outer == Some(group.place) {
            return Ok(());
        }
        match group.place {
            Place::Instruction => {
                let shown = field(&self.collected, group.around == Place::Text)?;
                match &shown {
                    Field::Kept => {}
                    Field::Link => self.letter.leaves_out("links"),
                    Field::Anew(number) => self.pieces(group.around).push(number.clone()),
                }
                *self.fields.last_mut().ok_or_else(broken)? = Some(shown);
            }
            Place::Mark => {
                let mark = self.collected.trim().to_owned();
                if self.mark_font.is_empty() {
                    self.pieces(group.around).push(Piece::Text(mark));
                } else if let Some(bullet) = Piece::bullet(&mark, &self.mark_font) {
                    self.pieces(group.around).push(bullet);
                } else {
                    return loses("a list that is numbered in a way that is not known");
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The pieces of the text, or of the head or foot that is read.
    fn pieces(&mut self, place: Place) -> &mut Vec<Piece> {
        let of = match place {
            Place::Head => self.letter.heads.last_mut(),
            Place::Foot => self.letter.feet.last_mut(),
            _ => None,
        };
        match of {
            Some(pieces) => pieces,
            None => &mut self.letter.text,
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>) -> Result<(), NotConverted> {
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        let usual = self.usual;
        let group = self.group()?;
        match (group.place, word) {
            // What follows is no text, and would be read as such.
            (_, "bin") => return loses(what_of(word)),
            (Place::Silent, _) => return Ok(()),
            (Place::Fonts, "f") => group.font = number.unwrap_or(0),
            (Place::Fonts, "fcharset") => {
                let font = group.font;
                self.fonts.entry(font).or_default().charset = number.unwrap_or(0);
            }
            (Place::Colours, "red" | "green" | "blue") => {
                let at = ["red", "green", "blue"].iter().position(|one| *one == word).unwrap_or(0);
                self.colour[at] = u8::try_from(number.unwrap_or(0)).map_err(|_| broken())?;
            }
            // How a font is to be replaced, and the name of a colour in a theme, whose value stands beside it.
            (Place::Fonts | Place::Colours, _) => {}
            (_, "cf") => {
                let colour = usize::try_from(number.unwrap_or(0)).map_err(|_| broken())?;
                if self.light.get(colour).copied().unwrap_or(false) {
                    return loses("light letters");
                }
            }
            // The letters upon it may be black.
            (_, "highlight") if number != Some(0) && number != Some(7) => {
                return loses("a ground that is not known to come out");
            }
            (_, "f") => group.font = number.unwrap_or(0),
            (_, "deff") => {
                group.font = number.unwrap_or(0);
                self.usual = number.unwrap_or(0);
            }
            (_, "plain") => group.font = usual,
            (_, "uc") => {
                group.instead = usize::try_from(number.unwrap_or(1)).map_err(|_| broken())?;
            }
            (_, "u") => return self.unicode(number.ok_or_else(broken)?),
            (_, "ansicpg") if number != Some(WESTERN) => {
                return loses("letters of another alphabet");
            }
            (_, "trrh") if number.is_some_and(|height| height < 0) => {
                return loses("a row of a table that cuts off what does not fit");
            }
            (_, "sl") if number.is_some_and(|height| height < 240 && height != 0) => {
                return loses("lines that cut off what does not fit");
            }
            (_, "ansicpg") => {}
            (Place::Head | Place::Foot, "chpgn") => {
                let place = group.place;
                self.pieces(place).push(Piece::Page);
            }
            (_, word) => {
                if let Some((_, sign)) = SIGNS.iter().find(|(name, _)| *name == word) {
                    return self.sign(*sign);
                }
                if named(PARTS, word) {
                    return self.sign(' ');
                }
                if !named(LOOKS, word) {
                    return loses(what_of(word));
                }
            }
        }
        Ok(())
    }

    fn symbol(&mut self, sign: u8) -> Result<(), NotConverted> {
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        match sign {
            b'\\' | b'{' | b'}' => self.sign(char::from(sign)),
            b'~' | b'\r' | b'\n' | b'\t' => self.sign(' '),
            b'_' => self.sign('-'),
            // Where a word may be parted.
            b'-' => Ok(()),
            _ if self.group()?.place == Place::Silent => Ok(()),
            _ => loses("what is not known in a letter"),
        }
    }

    fn byte(&mut self, byte: u8) -> Result<(), NotConverted> {
        if matches!(byte, b'\r' | b'\n' | 0) {
            return Ok(());
        }
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        let group = *self.group()?;
        let is_shown = matches!(group.place, Place::Text | Place::Head | Place::Foot | Place::Mark);
        let charset = self.fonts.get(&group.font).map_or(0, |font| font.charset);
        if is_shown
            && !byte.is_ascii()
            && charset != CHARSET_OF_SIGNS
            && !CHARSETS.contains(&charset)
        {
            return loses("letters of another alphabet");
        }
        let (sign, _) = WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(&byte));
        sign.chars().try_for_each(|sign| self.sign(sign))
    }

    /// A sign by its number, of which one above the first plane comes in two halves.
    fn unicode(&mut self, number: i32) -> Result<(), NotConverted> {
        self.skip = self.group()?.instead;
        let unit = match number {
            0..=0xFFFF => u16::try_from(number),
            number => u16::try_from(number + 0x1_0000),
        };
        let unit = unit.map_err(|_| broken())?;
        if (0xD800..0xDC00).contains(&unit) && self.half.is_none() {
            self.half = Some(unit);
            return Ok(());
        }
        let units = self.half.take().into_iter().chain([unit]);
        let signs: Result<String, _> = char::decode_utf16(units).collect();
        signs.map_err(|_| broken())?.chars().try_for_each(|sign| self.sign(sign))
    }

    fn sign(&mut self, sign: char) -> Result<(), NotConverted> {
        if self.half.is_some() {
            return Err(broken());
        }
        let group = *self.group()?;
        let font = self.fonts.get(&group.font);
        let is_of_signs = font.is_some_and(|font| {
            let name = font.name.to_lowercase();
            font.charset == CHARSET_OF_SIGNS || PICTURE_FONTS.iter().any(|one| name.contains(one))
        });
        match group.place {
            Place::Text | Place::Head | Place::Foot => {
                if sign.is_whitespace() {
                    return Ok(());
                }
                if is_of_signs || ('\u{e000}'..='\u{f8ff}').contains(&sign) {
                    return loses("a sign of a picture font");
                }
                if sign.is_control() {
                    return Err(broken());
                }
                let pieces = self.pieces(group.place);
                match pieces.last_mut() {
                    Some(Piece::Text(text)) => text.push(sign),
                    _ => pieces.push(Piece::Text(sign.to_string())),
                }
            }
            Place::Mark => {
                if is_of_signs && !sign.is_whitespace() {
                    self.mark_font =
                        font.map(|font| font.name.replace(';', "")).unwrap_or_default();
                }
                self.collected.push(sign);
            }
            Place::Instruction => self.collected.push(sign),
            Place::Fonts => self.fonts.entry(group.font).or_default().name.push(sign),
            // A colour ends; the first one is that of the machine.
            Place::Colours if sign == ';' => {
                let colour = std::mem::take(&mut self.colour);
                self.light.push(!self.light.is_empty() && colour.iter().all(|one| *one >= LIGHT));
            }
            Place::EntryOfContent if !sign.is_whitespace() => {
                return loses("an entry about the file");
            }
            Place::Entries | Place::EntryOfContent | Place::Colours | Place::Silent => {}
        }
        Ok(())
    }
}
