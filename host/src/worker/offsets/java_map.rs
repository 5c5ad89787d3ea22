//! Java's serialisation of a `HashMap<byte[], byte[]>`: what `ObjectOutputStream.writeObject` makes of the map
//! in which Kafka Connect's standalone worker keeps its offsets. Knows nothing else of that protocol.

/// Keys and values in the order of the file; either may be null.
pub(super) type Entries = Vec<(Option<Vec<u8>>, Option<Vec<u8>>)>;

/// The stream's magic and version, and the class descriptor of `java.util.HashMap` with its two fields.
const HEAD: &[u8] = b"\xac\xed\x00\x05sr\x00\x11java.util.HashMap\x05\x07\xda\xc1\xc3\x16\x60\xd1\x03\x00\x02\
    F\x00\x0aloadFactorI\x00\x09thresholdxp";
/// The class descriptor of `byte[]`.
const BYTE_ARRAY: &[u8] = b"r\x00\x02[B\xac\xf3\x17\xf8\x06\x08\x54\xe0\x02\x00\x00xp";
/// The handles of the map's class and of the map come before this one, the first array's class.
const BYTE_ARRAY_HANDLE: u32 = 0x7E_0002;
const LOAD_FACTOR: f32 = 0.75;

const NULL: u8 = b'p';
const REFERENCE: u8 = b'q';
const ARRAY: u8 = b'u';
const BLOCK: u8 = b'w';
const END: u8 = b'x';

/// Writes a map as Java would.
pub(super) fn write(entries: &Entries) -> Vec<u8> {
    let size = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    let buckets = (size.div_ceil(3).saturating_mul(4)).next_power_of_two().max(16);
    let threshold = if size == 0 { 0 } else { buckets / 4 * 3 };
    let mut out = HEAD.to_vec();
    out.extend(LOAD_FACTOR.to_be_bytes());
    out.extend(threshold.to_be_bytes());
    out.extend([BLOCK, 8]);
    out.extend(buckets.to_be_bytes());
    out.extend(size.to_be_bytes());
    let mut class_written = false;
    for part in entries.iter().flat_map(|(key, value)| [key, value]) {
        match part {
            None => out.push(NULL),
            Some(bytes) => {
                out.push(ARRAY);
                match std::mem::replace(&mut class_written, true) {
                    false => out.extend(BYTE_ARRAY),
                    true => {
                        out.push(REFERENCE);
                        out.extend(BYTE_ARRAY_HANDLE.to_be_bytes());
                    }
                }
                out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
                out.extend(bytes);
            }
        }
    }
    out.push(END);
    out
}

/// Reads a map that Java wrote, or [`write`].
///
/// # Errors
/// Says at which byte the text is something else.
pub(super) fn read(bytes: &[u8]) -> Result<Entries, String> {
    let mut reader = Reader { rest: bytes, total: bytes.len(), class_seen: false, arrays: Vec::new() };
    reader.expect(HEAD, "a serialised java.util.HashMap")?;
    reader.take(8)?; // Load factor and threshold, which Java computes anew too.
    reader.expect(&[BLOCK, 8], "the map's size")?;
    reader.take(4)?; // Buckets.
    let size = reader.number()?;
    let mut entries = Vec::new();
    for _ in 0..size {
        entries.push((reader.object()?, reader.object()?));
    }
    reader.expect(&[END], "the map's end")?;
    Ok(entries)
}

struct Reader<'a> {
    rest: &'a [u8],
    total: usize,
    class_seen: bool,
    /// Arrays read so far: a later one may be a reference to an earlier.
    arrays: Vec<Vec<u8>>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.strange("more bytes"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn expect(&mut self, expected: &[u8], what: &str) -> Result<(), String> {
        self.rest = self.rest.strip_prefix(expected).ok_or_else(|| self.strange(what))?;
        Ok(())
    }

    fn number(&mut self) -> Result<u32, String> {
        let bytes = <[u8; 4]>::try_from(self.take(4)?).map_err(|_| self.strange("a number"))?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn object(&mut self) -> Result<Option<Vec<u8>>, String> {
        match self.take(1)? {
            [NULL] => Ok(None),
            [REFERENCE] => {
                let handle = self.number()?;
                let index = handle.checked_sub(BYTE_ARRAY_HANDLE + 1).and_then(|index| usize::try_from(index).ok());
                let array = index.and_then(|index| self.arrays.get(index)).cloned();
                array.map(Some).ok_or_else(|| self.strange("a reference to an array"))
            }
            [ARRAY] => {
                self.array_class()?;
                let length = usize::try_from(self.number()?).map_err(|_| self.strange("a length"))?;
                let array = self.take(length)?.to_vec();
                self.arrays.push(array.clone());
                Ok(Some(array))
            }
            _ => Err(self.strange("a byte array or null")),
        }
    }

    fn array_class(&mut self) -> Result<(), String> {
        if !std::mem::replace(&mut self.class_seen, true) {
            return self.expect(BYTE_ARRAY, "the class byte[]");
        }
        self.expect(&[REFERENCE], "the class byte[]")?;
        match self.number()? {
            BYTE_ARRAY_HANDLE => Ok(()),
            _ => Err(self.strange("the class byte[]")),
        }
    }

    fn strange(&self, expected: &str) -> String {
        format!("expected {expected} at byte {}", self.total - self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIXTURE: &[u8] = include_bytes!("fixtures/java17.offsets");

    #[test]
    fn a_file_that_java_wrote_is_read_and_written_back_byte_for_byte() {
        let entries = read(FIXTURE).unwrap();
        let texts: Vec<(String, Option<String>)> = entries
            .iter()
            .map(|(key, value)| {
                let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
                (key.as_ref().map(text).unwrap(), value.as_ref().map(text))
            })
            .collect();
        assert_eq!(texts[0].0, r#"["ärger",{"a":1,"b":null}]"#);
        assert_eq!(texts[1], (r#"["flights",{"filename":"/data/b.ndjson"}]"#.to_owned(), None));
        assert_eq!(texts[2].1.as_deref(), Some(r#"{"position":1234}"#));
        assert_eq!(write(&entries), FIXTURE);
    }

    #[test]
    fn a_repeated_array_is_a_reference() {
        let mut bytes = write(&vec![(Some(b"k".to_vec()), Some(b"v".to_vec())), (None, None)]);
        bytes.truncate(bytes.len() - 3);
        bytes.extend([NULL, REFERENCE, 0, 0x7E, 0, 4, END]);
        assert_eq!(read(&bytes).unwrap()[1], (None, Some(b"v".to_vec())));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(entries: Entries) {
            prop_assert_eq!(read(&write(&entries)).unwrap(), entries);
        }

        #[test]
        fn damaged_files_are_refused_and_never_panic(cut in 0_usize..FIXTURE.len(), at in 0_usize..FIXTURE.len(), byte: u8) {
            prop_assert!(read(&FIXTURE[..cut]).is_err());
            let mut damaged = FIXTURE.to_vec();
            damaged[at] = byte;
            let _ = read(&damaged);
        }
    }
}
