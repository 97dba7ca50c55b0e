//! stub
#![allow(missing_docs)]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Preference {
    #[default]
    Auto,
    Cpu,
    Gpu(String),
}
pub struct Backend;
impl Backend {
    pub fn choose(_: &Preference) -> Result<Self, super::BlendError> {
        Ok(Self)
    }
    pub fn is_gpu(&self) -> bool {
        false
    }
    pub fn blender(&self) -> Result<Box<dyn super::Blender>, super::BlendError> {
        Ok(Box::new(super::CpuBlender::default()))
    }
    pub fn description(&self) -> &str {
        "stub"
    }
}
