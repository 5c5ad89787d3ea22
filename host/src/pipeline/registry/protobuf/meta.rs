//! Confluent's option of fields: what Connect knows and Protobuf doesn't.

use std::collections::HashMap;

use prost_reflect::{FieldDescriptor, MapKey, Value};

/// Returns the parameters of a field's option `confluent.field_meta`.
pub(super) fn params(field: &FieldDescriptor) -> HashMap<String, String> {
    let extension = field.parent_pool().get_extension_by_name("confluent.field_meta");
    let options = field.options();
    let Some(extension) = extension.filter(|extension| options.has_extension(extension)) else {
        return HashMap::new();
    };
    let meta = options.get_extension(&extension);
    let params = meta.as_message().and_then(|meta| Some(meta.get_field_by_name("params")?.into_owned()));
    let pair = |(key, value): (&MapKey, &Value)| Some((key.as_str()?.to_owned(), value.as_str()?.to_owned()));
    params.as_ref().and_then(Value::as_map).into_iter().flatten().filter_map(pair).collect()
}
