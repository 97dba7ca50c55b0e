"""What a `.dfm` takes in PyTorch: python3 torch_network.py MODEL… (CUDA only)

The limit to be near: the same network, channels last, in 16 and in 32 bits, captured as a CUDA graph and replayed.
"""

import sys

import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional

TIMES = 50


class Network(torch.nn.Module):
    """An ONNX graph, node by node; values keep ONNX's order of axes."""

    def __init__(self, path, dtype):
        super().__init__()
        graph = onnx.load(path).graph
        self.nodes, self.dtype = graph.node, dtype
        self.constants = {}
        for tensor in graph.initializer:
            value = torch.from_numpy(numpy_helper.to_array(tensor).copy()).cuda()
            if value.is_floating_point():
                value = value.to(dtype)
                if value.dim() == 4:
                    value = value.contiguous(memory_format=torch.channels_last)
            self.constants[tensor.name] = value
        self.shape = [dimension.dim_value or 1 for dimension in graph.input[0].type.tensor_type.shape.dim]
        self.inputs, self.outputs = graph.input[0].name, [output.name for output in graph.output]
        for tensor in graph.initializer:
            if not self.constants[tensor.name].is_floating_point():
                self.constants[tensor.name] = self.constants[tensor.name].cpu().tolist()

    def forward(self, picture):
        values = {**self.constants, self.inputs: picture}
        for node in self.nodes:
            given = [values.get(name) for name in node.input]
            values[node.output[0]] = self.node(node, given, {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute})
        return [values[name] for name in self.outputs]

    def node(self, node, given, attributes):
        x = given[0] if given else None
        match node.op_type:
            case "Cast" | "Identity":
                return x
            case "Constant":
                value = numpy_helper.to_array(attributes["value"])
                return torch.from_numpy(value.copy()).cuda().to(self.dtype) if value.dtype.kind == "f" else value.tolist()
            case "Transpose":
                return x.permute(attributes["perm"])
            case "Conv":
                pads = attributes.get("pads", [0, 0, 0, 0])
                if pads[:2] == pads[2:]:
                    return functional.conv2d(x, given[1], given[2] if len(given) > 2 else None, attributes.get("strides", 1), pads[:2])
                x = functional.pad(x, [pads[1], pads[3], pads[0], pads[2]])
                return functional.conv2d(x, given[1], given[2] if len(given) > 2 else None, attributes.get("strides", 1))
            case "LeakyRelu":
                return functional.leaky_relu(x, attributes.get("alpha", 0.01))
            case "DepthToSpace":
                block = attributes["blocksize"]
                if attributes.get("mode", b"DCR") == b"CRD":
                    return functional.pixel_shuffle(x, block)
                n, c, h, w = x.shape
                x = x.reshape(n, block, block, c // block**2, h, w).permute(0, 3, 4, 1, 5, 2)
                return x.reshape(n, c // block**2, h * block, w * block)
            case "Reshape":
                return x.reshape([x.shape[i] if side == 0 else side for i, side in enumerate(given[1])])
            case "Flatten":
                return x.flatten(attributes.get("axis", 1))
            case "Gemm":
                weight = given[1].t() if attributes.get("transB") else given[1]
                return x @ weight + (given[2] if len(given) > 2 else 0)
            case "Add":
                return x + given[1]
            case "Mul":
                return x * given[1]
            case "Div":
                return x / given[1]
            case "Sqrt":
                return x.sqrt()
            case "Sigmoid":
                return x.sigmoid()
            case "Concat":
                return torch.cat(given, attributes["axis"])
            case "ReduceMean":
                axes = attributes.get("axes") or (given[1] if len(given) > 1 else list(range(x.dim())))
                return x.mean(axes, keepdim=bool(attributes.get("keepdims", 1)))
            case other:
                raise NotImplementedError(other)


def timed(run):
    for _ in range(5):
        run()
    begun, ended = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begun.record()
    for _ in range(TIMES):
        run()
    ended.record()
    torch.cuda.synchronize()
    return begun.elapsed_time(ended) / TIMES


def main():
    torch.backends.cudnn.benchmark = True
    for path in sys.argv[1:]:
        for name, dtype in (("fp16", torch.float16), ("fp32", torch.float32)):
            with torch.inference_mode():
                network = Network(path, dtype)
                picture = torch.rand(network.shape, device="cuda").to(dtype)
                eager = timed(lambda: network(picture))
                stream = torch.cuda.Stream()
                with torch.cuda.stream(stream):
                    for _ in range(3):
                        network(picture)
                torch.cuda.synchronize()
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph):
                    network(picture)
                replayed = timed(graph.replay)
            print(f"{path}: torch {torch.__version__}, {name}: {replayed:.3f} ms as a CUDA graph, {eager:.3f} ms without")


if __name__ == "__main__":
    main()
