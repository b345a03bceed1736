//! Functions of text in other encodings than UTF-8.

use encoding_rs::Encoding;

use super::encoding::{from_base64, to_base64};
use super::{Function, FunctionError, Outcome, Parameter, quote, string, text};
use crate::value::Value;

const ENCODING: Parameter = Parameter::new("encoding", "Name of the encoding in IANA's registry.", string);

pub(super) static TEXTENCODEBASE64: Function = Function::new(
    "textencodebase64",
    "Base64 of the bytes of a string in some encoding.",
    &[Parameter::new("string", "The text to encode.", string), ENCODING],
    string,
    |_, args| {
        let charset = charset(args)?;
        let bytes = charset.encode(text(args, 0)).ok_or_else(|| {
            let name = quote(text(args, 1));
            FunctionError::argument(
                0,
                format!("the given string contains characters that cannot be represented in {name}"),
            )
        })?;
        Ok(to_base64(bytes).into())
    },
);

pub(super) static TEXTDECODEBASE64: Function = Function::new(
    "textdecodebase64",
    "The string of Base64 bytes in some encoding.",
    &[Parameter::new("source", "The bytes in Base64.", string), ENCODING],
    string,
    textdecodebase64,
);

fn textdecodebase64(_: &super::Context<'_>, args: &[Value]) -> Outcome {
    let charset = charset(args)?;
    let invalid = || FunctionError::argument(0, "the given value has an invalid base64 symbol");
    let bytes = from_base64(text(args, 0)).ok_or_else(invalid)?;
    let decoded = charset.decode(&bytes).ok_or_else(|| {
        let name = quote(text(args, 1));
        FunctionError::argument(0, format!("the given string contains symbols that are not defined for {name}"))
    })?;
    Ok(decoded.into())
}

fn charset(args: &[Value]) -> Result<Charset, FunctionError> {
    let name = text(args, 1);
    Charset::find(name).ok_or_else(|| {
        FunctionError::argument(1, format!("{} is not a supported IANA encoding name or alias", quote(name)))
    })
}

#[derive(Clone, Copy)]
enum Charset {
    Ascii,
    Latin1,
    Utf8,
    Utf16(Endian),
    /// A code page of DOS.
    Dos(u16),
    /// Any other, as browsers know it.
    Web(&'static Encoding),
}

#[derive(Clone, Copy)]
enum Endian {
    Big,
    Little,
    /// Big, unless a mark at the start says otherwise; encoding writes the mark.
    Marked,
}

impl Charset {
    /// The encoding of a name or alias, in any case.
    fn find(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Some(match &*name {
            "us-ascii" | "iso-ir-6" | "ansi_x3.4-1968" | "ansi_x3.4-1986" | "iso646-us" | "us" | "ibm367" | "cp367"
            | "csascii" | "iso_646.irv:1991" => Self::Ascii,
            "iso-8859-1" | "iso_8859-1:1987" | "iso_8859-1" | "iso-ir-100" | "latin1" | "l1" | "ibm819" | "cp819"
            | "csisolatin1" => Self::Latin1,
            "utf-8" | "csutf8" => Self::Utf8,
            "utf-16" | "csutf16" => Self::Utf16(Endian::Marked),
            "utf-16be" | "csutf16be" => Self::Utf16(Endian::Big),
            "utf-16le" | "csutf16le" => Self::Utf16(Endian::Little),
            "ibm00858" | "ccsid00858" | "cp00858" | "pc-multilingual-850+euro" | "csibm00858" => Self::Dos(858),
            _ => match dos_page(&name) {
                Some(page) => Self::Dos(page),
                None => Self::Web(Encoding::for_label(web_label(&name)?.as_bytes())?),
            },
        })
    }

    fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Ascii => text.is_ascii().then(|| text.into()),
            Self::Latin1 => text.chars().map(|it| u8::try_from(u32::from(it)).ok()).collect(),
            Self::Utf8 => Some(text.into()),
            Self::Utf16(endian) => {
                let mark = matches!(endian, Endian::Marked).then_some(0xfeff);
                let units = mark.into_iter().chain(text.encode_utf16());
                Some(match endian {
                    Endian::Little => units.flat_map(u16::to_le_bytes).collect(),
                    Endian::Big | Endian::Marked => units.flat_map(u16::to_be_bytes).collect(),
                })
            }
            Self::Dos(page) => {
                oem_cp::encode_string_checked(text, oem_cp::code_table::ENCODING_TABLE_CP_MAP.get(&page)?)
            }
            Self::Web(encoding) => {
                let (bytes, _, lossy) = encoding.encode(text);
                (!lossy).then(|| bytes.into_owned())
            }
        }
    }

    fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Ascii => bytes.is_ascii().then(|| String::from_utf8_lossy(bytes).into_owned()),
            Self::Latin1 => Some(bytes.iter().map(|it| char::from(*it)).collect()),
            Self::Utf8 => String::from_utf8(bytes.to_vec()).ok(),
            Self::Utf16(endian) => decode_utf16(bytes, endian),
            Self::Dos(page) => oem_cp::code_table::DECODING_TABLE_CP_MAP.get(&page)?.decode_string_checked(bytes),
            Self::Web(encoding) => {
                let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned();
                // Browsers give bytes that mean nothing in a Windows code page the control character of that number.
                let undefined = encoding.name().starts_with("windows-")
                    && text.chars().any(|it| ('\u{80}'..='\u{9f}').contains(&it));
                (!undefined).then_some(text)
            }
        }
    }
}

/// The number of a code page of DOS by its IANA names: `IBM437`, `cp437`, `437`, `csPC8CodePage437`.
fn dos_page(name: &str) -> Option<u16> {
    let digits = name.trim_start_matches("cspc8codepage").trim_start_matches("cspc").trim_start_matches("cs");
    let digits = digits.strip_prefix("ibm").or_else(|| digits.strip_prefix("cp")).unwrap_or(digits);
    let pages = [437, 850, 852, 855, 860, 862, 863, 865, 866];
    digits.parse().ok().filter(|it| pages.contains(it))
}

/// The label by which browsers know an encoding of IANA's registry; they have more labels than the registry.
fn web_label(name: &str) -> Option<&str> {
    Some(match name {
        "iso-8859-6-e" | "iso-8859-6-i" | "csiso88596e" | "csiso88596i" => "iso-8859-6",
        "iso-8859-8-e" | "csiso88598e" => "iso-8859-8",
        "gbk" | "cp936" | "ms936" | "windows-936" | "csgbk" => "gbk",
        "gb18030" | "csgb18030" => "gb18030",
        "big5" | "csbig5" => "big5",
        "shift_jis" | "ms_kanji" | "csshiftjis" => "shift_jis",
        "euc-jp" | "cseucpkdfmtjapanese" | "extended_unix_code_packed_format_for_japanese" => "euc-jp",
        "iso-2022-jp" | "csiso2022jp" => "iso-2022-jp",
        "euc-kr" | "cseuckr" => "euc-kr",
        "koi8-r" | "cskoi8r" => "koi8-r",
        "koi8-u" | "cskoi8u" => "koi8-u",
        "macintosh" | "mac" | "csmacintosh" => "macintosh",
        "windows-874" | "cswindows874" => "windows-874",
        _ => {
            let known = |prefix: &str, numbers: &[u16]| {
                let number = name.strip_prefix(prefix).and_then(|it| it.parse().ok());
                number.is_some_and(|it| numbers.contains(&it))
            };
            let windows = known("windows-", &[1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258]);
            let iso = known("iso-8859-", &[2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16]) || name == "iso-8859-8-i";
            let alias =
                ["latin2", "latin3", "latin4", "latin6", "cyrillic", "arabic", "greek", "hebrew"].contains(&name);
            if windows || iso || alias {
                name
            } else {
                return None;
            }
        }
    })
}

fn decode_utf16(bytes: &[u8], endian: Endian) -> Option<String> {
    let (bytes, little) = match (endian, bytes) {
        (Endian::Marked, [0xff, 0xfe, rest @ ..]) => (rest, true),
        (Endian::Marked, [0xfe, 0xff, rest @ ..]) => (rest, false),
        (Endian::Little, bytes) => (bytes, true),
        (_, bytes) => (bytes, false),
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|it| if little { u16::from_le_bytes(*it) } else { u16::from_be_bytes(*it) });
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.ok().filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn encodes() {
        for (text, name, want) in [
            ("Hello", "UTF-16LE", "SABlAGwAbABvAA=="),
            ("Hello", "UTF-16BE", "AEgAZQBsAGwAbw=="),
            ("Hello", "UTF-16", "/v8ASABlAGwAbABv"),
            ("é", "utf-8", "w6k="),
            ("é", "latin1", "6Q=="),
            ("€", "windows-1252", "gA=="),
            ("€", "ISO-8859-15", "pA=="),
            ("日本", "Shift_JIS", "k/qWew=="),
            ("日", "EUC-JP", "xvw="),
            ("日", "ISO-2022-JP", "GyRCRnwbKEI="),
            ("日", "EUC-KR", "7O0="),
            ("中文", "GBK", "1tDOxA=="),
            ("中文", "Big5", "pKSk5Q=="),
            ("é", "cp437", "gg=="),
            ("é", "IBM850", "gg=="),
            ("я", "IBM866", "7w=="),
            ("я", "KOI8-R", "0Q=="),
            ("é", "macintosh", "jg=="),
            ("a", "IBM00858", "YQ=="),
        ] {
            check("textencodebase64", &[(&format!("[\"{text}\",\"{name}\"]"), &format!("\"{want}\""))]);
        }
        for (text, name, part) in [
            ("€", "ISO-8859-1", "cannot be represented"),
            ("é", "US-ASCII", "cannot be represented"),
            ("é", "KOI8-R", "cannot be represented"),
            ("x", "nonsense", "not a supported"),
            ("x", "ASCII", "not a supported"),
            ("x", "cp1252", "not a supported"),
            ("x", "sjis", "not a supported"),
            ("x", "UTF8", "not a supported"),
        ] {
            check("textencodebase64", &[(&format!("[\"{text}\",\"{name}\"]"), &format!("!{part}"))]);
        }
    }

    #[test]
    fn decodes() {
        for (source, name, want) in [
            ("AEgAaQ==", "UTF-16BE", "\"Hi\""),
            ("//5BAA==", "UTF-16", "\"A\""),
            ("AEE=", "UTF-16", "\"A\""),
            ("//5BAA==", "UTF-16LE", "\"\u{feff}A\""),
            ("gA==", "windows-1252", "\"€\""),
            ("k/qWew==", "Shift_JIS", "\"日本\""),
            ("gg==", "IBM437", "\"é\""),
            ("gQ==", "windows-1252", "!not defined"),
            ("gA==", "UTF-8", "!not defined"),
            ("2AA=", "UTF-16BE", "!not defined"),
            ("/w==", "Shift_JIS", "!not defined"),
            ("*", "UTF-8", "!invalid base64"),
        ] {
            check("textdecodebase64", &[(&format!("[\"{source}\",\"{name}\"]"), want)]);
        }
    }
}
