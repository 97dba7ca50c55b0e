//! Adds faces to the folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Cursor, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, GrayImage, ImageEncoder, RgbImage};

use super::folder::read_header;
use super::{CROPS, FaceRecord, FaceSetError, FaceSetHeader, HEADER, MASKS, TABLE};
use crate::consent::sha256_hex;
use crate::train::whole_file;

/// Adds faces to a folder, alone; what it wrote before a stop is kept and gone on from. A face belongs to the set
/// from the moment its line is in the table, after both its pictures.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    table: File,
    /// Bytes of the table.
    length: u64,
    encoded: Vec<u8>,
    jpeg: Option<u8>,
}

impl Writer {
    /// Makes a face set without faces. The folder may exist if it is empty.
    ///
    /// # Errors
    /// [`FaceSetError::Occupied`] where the folder holds something, [`FaceSetError::File`] where it cannot be written.
    pub fn create(folder: &Path, header: &FaceSetHeader) -> Result<Self, FaceSetError> {
        let failed = |file: &Path| {
            let file = file.to_owned();
            move |error| FaceSetError::file(&file, error)
        };
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        if std::fs::read_dir(folder).map_err(failed(folder))?.next().is_some() {
            return Err(FaceSetError::Occupied { folder: folder.to_owned() });
        }
        for name in [CROPS, MASKS] {
            std::fs::create_dir(folder.join(name)).map_err(failed(&folder.join(name)))?;
        }
        let file = folder.join(TABLE);
        let table = File::create_new(&file).map_err(failed(&file))?;
        lock(&table, &file)?;
        write_header(folder, header)?;
        Ok(Self { folder: folder.to_owned(), table, length: 0, encoded: Vec::new(), jpeg: None })
    }

    /// Opens a face set to add to it, as it was when its table had `length` bytes ([`Writer::length`]); what was added
    /// after that is forgotten.
    ///
    /// # Errors
    /// [`FaceSetError`] where the folder is no face set, its table is shorter, or it cannot be written.
    pub fn resume(folder: &Path, length: u64) -> Result<Self, FaceSetError> {
        read_header(folder)?;
        let file = folder.join(TABLE);
        let failed = |error| FaceSetError::file(&file, error);
        let mut table = OpenOptions::new().write(true).open(&file).map_err(failed)?;
        let found = table.metadata().map_err(failed)?.len();
        if found < length {
            let reason =
                format!("{found} bytes, but {length} were written; the table was changed: begin again with --fresh");
            return Err(FaceSetError::File { file, reason });
        }
        lock(&table, &file)?;
        table.set_len(length).map_err(failed)?;
        table.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self { folder: folder.to_owned(), table, length, encoded: Vec::new(), jpeg: None })
    }

    /// Writes crops as JPEG files of that quality (1..100) instead of PNG; masks stay PNG.
    #[must_use]
    pub fn with_jpeg(self, quality: Option<u8>) -> Self {
        Self { jpeg: quality, ..self }
    }

    /// Bytes of the table so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Writes the crop and the mask to the files that `record` names, then its line; fills in the record's hashes.
    ///
    /// # Errors
    /// [`FaceSetError::File`] where a file cannot be written; the face is then not in the set.
    pub fn append(&mut self, record: &mut FaceRecord, crop: &RgbImage, mask: &GrayImage) -> Result<(), FaceSetError> {
        let ((w, h), grey) = (mask.dimensions(), ExtendedColorType::L8);
        self.picture(&record.mask, |to| png(to).write_image(mask.as_raw(), w, h, grey))?;
        record.mask_sha256 = sha256_hex(&self.encoded);
        let ((w, h), colour, jpeg) = (crop.dimensions(), ExtendedColorType::Rgb8, self.jpeg);
        self.picture(&record.picture, |to| match jpeg {
            Some(quality) => JpegEncoder::new_with_quality(to, quality).write_image(crop.as_raw(), w, h, colour),
            None => png(to).write_image(crop.as_raw(), w, h, colour),
        })?;
        record.sha256 = sha256_hex(&self.encoded);
        let file = self.folder.join(TABLE);
        let mut line = serde_json::to_vec(record).map_err(|error| FaceSetError::file(&file, error))?;
        line.push(b'\n');
        self.table.write_all(&line).map_err(|error| FaceSetError::file(&file, error))?;
        self.length += line.len() as u64;
        Ok(())
    }

    /// Waits until the table is on the disc, so that whoever notes its length can rely on it.
    ///
    /// # Errors
    /// [`FaceSetError::File`] where the disc fails.
    pub fn sync(&self) -> Result<(), FaceSetError> {
        self.table.sync_data().map_err(|error| FaceSetError::file(&self.folder.join(TABLE), error))
    }

    /// Writes a file in which `encode` puts a picture; leaves its bytes in `encoded`.
    fn picture(
        &mut self,
        name: &str,
        encode: impl FnOnce(Cursor<&mut Vec<u8>>) -> Result<(), image::ImageError>,
    ) -> Result<(), FaceSetError> {
        let file = self.folder.join(name);
        self.encoded.clear();
        encode(Cursor::new(&mut self.encoded)).map_err(|error| FaceSetError::file(&file, error))?;
        std::fs::write(&file, &self.encoded).map_err(|error| FaceSetError::file(&file, error))
    }
}

fn png(to: Cursor<&mut Vec<u8>>) -> PngEncoder<Cursor<&mut Vec<u8>>> {
    PngEncoder::new_with_quality(to, CompressionType::Fast, FilterType::Up)
}

/// Keeps others from writing to a face set as long as `table`, its open table, lives.
///
/// # Errors
/// [`FaceSetError::File`] where another program writes to it, or the disc fails.
pub fn lock(table: &File, file: &Path) -> Result<(), FaceSetError> {
    match table.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let reason = "another extraction writes to this face set; wait for it, or choose another -o".to_owned();
            Err(FaceSetError::File { file: file.to_owned(), reason })
        }
        Err(TryLockError::Error(error)) => Err(FaceSetError::file(file, error)),
    }
}

/// Replaces `faceset.json`.
///
/// # Errors
/// [`FaceSetError::File`] where it cannot be written; the old one is then still there.
pub fn write_header(folder: &Path, header: &FaceSetHeader) -> Result<(), FaceSetError> {
    let text = serde_json::to_string_pretty(header).map_err(|error| FaceSetError::file(&folder.join(HEADER), error))?;
    replace(&folder.join(HEADER), text.as_bytes())
}

/// Replaces a file of the folder whole or not at all.
///
/// # Errors
/// [`FaceSetError::File`]; the old file is then still there.
pub fn replace(file: &Path, bytes: &[u8]) -> Result<(), FaceSetError> {
    whole_file::write(file, bytes).map_err(|error| FaceSetError::file(file, error))
}
