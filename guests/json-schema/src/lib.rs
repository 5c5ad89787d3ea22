//! Rejects records that don't fit a JSON Schema.

#[cfg(test)]
mod cases;
mod reason;
mod validate;

airlock_sdk::export!(transforms: [validate::JsonSchemaValidate]);
