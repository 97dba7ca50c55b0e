//! `device=gpu`: the network and the blend on one GPU, with the processor's picture.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails may stop")]

mod common;

use common::{ben, clip, play};
use standin::gpu::adapters;

const FRAMES: u32 = 8;

#[test]
fn the_demonstration_has_the_same_picture_on_the_gpu() {
    if adapters().is_empty() {
        assert!(std::env::var_os("STANDIN_GPU_REQUIRED").is_none(), "STANDIN_GPU_REQUIRED is set, but there is no GPU");
        eprintln!("SKIPPED, not tested: no GPU, nor a software one");
        return;
    }
    let on = |device: &str| play(&format!("{} ! faceswap model={} device={device}", clip(FRAMES), ben()));
    let (bare, processor, gpu) = (play(&clip(FRAMES)), on("cpu"), on("gpu"));
    assert_eq!((processor.len(), gpu.len()), (FRAMES as usize, FRAMES as usize));
    for (i, ((bare, processor), gpu)) in bare.iter().zip(&processor).zip(&gpu).enumerate() {
        assert_eq!(gpu.faces[0].swapped.map(|(_, swapped)| swapped), Some(true), "frame {i}");
        let apart: Vec<u8> = gpu.bytes.iter().zip(&processor.bytes).map(|(a, b)| a.abs_diff(*b)).collect();
        let differ = gpu.bytes.iter().zip(&bare.bytes).filter(|(a, b)| a != b).count();
        let (most, far) = (apart.iter().max().unwrap(), apart.iter().filter(|&&apart| apart > 2).count());
        println!("frame {i}: at most {most} of 255, {far} samples over 2, {differ} changed");
        assert!(*most <= 8 && far * 1000 < differ, "frame {i}: at most {most} of 255, {far} of {differ} over 2");
    }
}

#[test]
fn two_elements_on_one_gpu_swap_as_one_alone_does() {
    if adapters().is_empty() {
        eprintln!("SKIPPED, not tested: no GPU, nor a software one");
        return;
    }
    let swap = format!("faceswap model={} device=gpu", ben());
    let alone = play(&format!("{} ! {swap}", clip(FRAMES)));
    // One shows its frames, the other one's are thrown away; both work at once.
    let text = format!("{} ! tee name=two ! queue ! {swap} ! fakesink sync=false  two. ! queue ! {swap}", clip(FRAMES));
    let beside = play(&text);
    assert_eq!((alone.len(), beside.len()), (FRAMES as usize, FRAMES as usize));
    for (i, (alone, beside)) in alone.iter().zip(&beside).enumerate() {
        assert_eq!(beside.faces[0].swapped.map(|(_, swapped)| swapped), Some(true), "frame {i}");
        assert!(alone.bytes == beside.bytes, "frame {i} is another picture");
    }
}
