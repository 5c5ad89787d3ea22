//! Turns what the catalogue knows into what REST tells.

use std::sync::Arc;

use super::{ComponentError, ComponentInfo, PluginInfo, PluginKind};
use crate::config::converter::{CONVERTER_CLASSES, converter_definition};
use crate::plugin::catalog::{Entry, PutError};
use crate::plugin::describe::{Kind, PluginDescription};

pub(super) fn plugin_info(plugin: &PluginDescription, entry: &Entry) -> PluginInfo {
    let (class, aliases) = match plugin.class_names.split_first() {
        Some((class, aliases)) => (class.clone(), aliases.to_vec()),
        None => Default::default(),
    };
    PluginInfo {
        class,
        aliases,
        kind: match plugin.kind {
            Kind::Transform => PluginKind::Transformation,
            Kind::Predicate => PluginKind::Predicate,
            Kind::Source => PluginKind::Source,
            Kind::Sink => PluginKind::Sink,
        },
        version: plugin.version.clone(),
        documentation: plugin.documentation.clone(),
        definition: plugin.definition.clone(),
        capabilities: plugin.capabilities.clone(),
        component: Some(entry.component.clone()),
    }
}

/// The host's own converters.
pub(super) fn converters() -> impl Iterator<Item = PluginInfo> {
    CONVERTER_CLASSES.into_iter().map(|class| PluginInfo {
        class: class.to_owned(),
        aliases: Vec::new(),
        kind: PluginKind::Converter,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        documentation: String::new(),
        definition: Arc::new(converter_definition(class)),
        capabilities: Vec::new(),
        component: None,
    })
}

pub(super) fn component_info(entry: &Entry) -> ComponentInfo {
    let plugins = entry.plugins.iter().map(|plugin| plugin_info(plugin, entry)).collect();
    ComponentInfo { component: entry.component.clone(), size: entry.size, plugins }
}

pub(super) fn component_error(error: PutError) -> ComponentError {
    match error {
        PutError::Conflict(words) => ComponentError::Conflict(words),
        PutError::Disk(_) => ComponentError::Internal(error.to_string()),
        PutError::Cache(crate::plugin::cache::CacheError::Compile(_)) => ComponentError::Refused(error.to_string()),
        PutError::Cache(_) => ComponentError::Internal(error.to_string()),
        _ => ComponentError::Refused(error.to_string()),
    }
}
