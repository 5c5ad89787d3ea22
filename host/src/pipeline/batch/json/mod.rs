//! JSON text as the batch needs it: validated once, found in place, never rebuilt. Numbers, escapes and
//! order keep their text. Knows nothing of rows.

mod object;
mod rewrite;
mod scan;
mod swar;
mod text;

pub(super) use object::{elements, last_member, members, names};
pub(super) use rewrite::{Choice, Leaf, Rewritten, append_wrapped, rewrite};
pub(super) use scan::{DEPTH_LIMIT, LOOKAHEAD, Problem, Scanner, check_utf8, kind, trimmed_value, value_within};
pub(super) use swar::Prefix;
pub(super) use text::{Lone, append_quoted, append_unquoted, unescaped};
