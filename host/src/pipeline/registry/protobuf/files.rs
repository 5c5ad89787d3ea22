//! Compiles .proto texts, with what they import: the references of the registry, and the files that are always there.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, FileDescriptor, MessageDescriptor};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use protox::{Compiler, Error};

use super::{bounds, known};
use crate::pipeline::registry::Referenced;

/// The name of the file that isn't named by any other.
const MAIN: &str = "airlock/schema.proto";

/// Compiles a text.
///
/// # Errors
/// Says what is wrong with it, or with what it imports.
pub(super) fn compile(text: &str, references: &[Referenced]) -> Result<FileDescriptor, String> {
    bounds::check(text)?;
    for reference in references {
        bounds::check(&reference.text).map_err(|problem| format!("{}: {problem}", reference.name))?;
    }
    let mut texts: HashMap<_, _> = references.iter().map(|other| (other.name.clone(), other.text.clone())).collect();
    texts.insert(MAIN.to_owned(), text.to_owned());
    let mut resolver = ChainFileResolver::new();
    resolver.add(Texts(texts));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.open_file(MAIN).map_err(|error| problem(&error))?;
    let main = compiler.descriptor_pool().get_file_by_name(MAIN);
    main.ok_or_else(|| "the .proto text was not compiled".to_owned())
}

/// Returns the messages by whose places values tell what they are: the file's own, or, where it only makes another
/// file public, that one's.
pub(super) fn messages(file: &FileDescriptor) -> Vec<MessageDescriptor> {
    let mut public = file.public_dependencies();
    match (file.messages().len(), public.next(), public.next()) {
        // Cycles of imports were refused.
        (0, Some(other), None) if file.enums().len() == 0 => messages(&other),
        _ => file.messages().collect(),
    }
}

/// Returns the messages in one that are in its text: a `map<…>`'s entry isn't.
pub(super) fn inside(message: &MessageDescriptor) -> Vec<MessageDescriptor> {
    message.child_messages().filter(|child| !child.is_map_entry()).collect()
}

/// Returns the file of `StringValue` and the like.
pub(super) fn wrappers() -> Option<FileDescriptor> {
    DescriptorPool::global().get_file_by_name(known::WRAPPERS)
}

/// The files that there are texts of.
struct Texts(HashMap<String, String>);

impl FileResolver for Texts {
    fn open_file(&self, name: &str) -> Result<File, Error> {
        if name.starts_with("google/protobuf/") {
            return Err(Error::file_not_found(name));
        }
        let text = self.0.get(name).cloned().or_else(|| known::text(name));
        let text = text.ok_or_else(|| Error::file_not_found(name))?;
        let file = File::from_source(name, &text)?;
        let mut descriptor = file.file_descriptor_proto().clone();
        // Where the error is, is told by its words; a position for each token is long.
        descriptor.source_code_info = None;
        // As Confluent's parser has it: its options need no import.
        if text.contains("confluent.") && name != known::META && !descriptor.dependency.iter().any(|d| d == known::META)
        {
            descriptor.dependency.push(known::META.to_owned());
        }
        Ok(File::from_file_descriptor_proto(descriptor))
    }
}

fn problem(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let all: Vec<_> = std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect();
    format!("the .proto text is not valid: {}", all.join(": ").chars().take(400).collect::<String>())
}
