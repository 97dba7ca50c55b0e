"""Converts dlib_face_recognition_resnet_model_v1.dat (dlib's 29-layer ResNet, PyPI `face-recognition-models`, CC0) to
ONNX with 16-bit weights: `python face_identity.py MODEL.dat OUT.onnx` (numpy, onnx).

Input `chip` [1,150,150,3]: red, green, blue, 0..255. Output `embedding` [1,128].
"""
import re
import struct
import sys

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save


class Stream:
    """dlib's serialisation: integers are a length byte (its top bit the sign) and that many little-endian bytes."""

    def __init__(self, data, at):
        self.data, self.at = data, at

    def integer(self):
        head = self.data[self.at]
        size = head & 0x0F
        value = int.from_bytes(self.data[self.at + 1 : self.at + 1 + size], "little")
        self.at += 1 + size
        return -value if head & 0x80 else value

    def tensor(self):
        assert self.integer() == 2, "version of a tensor"
        shape = [self.integer() for _ in range(4)]
        count = int(np.prod(shape))
        values = np.frombuffer(self.data, "<f4", count, self.at)
        self.at += 4 * count
        return values


def layers(data):
    """Weighted layers and where blocks end, in the order of the file, which is from the input on."""
    for found in re.finditer(rb"con_4|affine_|relu_110|max_pool_2|avg_pool_2|add_prev_111|fc_2|fc_no_bias", data):
        stream = Stream(data, found.end())
        name = found.group().decode()
        if name == "con_4":
            values = stream.tensor()
            filters, height, width, stride_y, stride_x, pad_y, pad_x = (stream.integer() for _ in range(7))
            assert (height, stride_y, pad_y) == (width, stride_x, pad_x)
            kernel = values[:-filters].reshape(filters, -1, height, width)
            yield "Conv", (kernel, values[-filters:], stride_y, pad_y)
        elif name == "affine_":
            yield "Affine", stream.tensor().reshape(2, -1)
        elif name.startswith("fc"):
            outputs, inputs = stream.integer(), stream.integer()
            yield "Dense", (outputs, stream.tensor())
        else:
            yield name, None


def main(source, target):
    data = open(source, "rb").read()
    nodes, weights = [], []

    def node(kind, inputs, **attributes):
        name = f"{kind.lower()}{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(values, half=False):
        name = f"w{len(weights)}"
        weights.append(numpy_helper.from_array(values.astype(np.float16 if half else values.dtype), name))
        return node("Cast", [name], to=TensorProto.FLOAT) if half else name

    def convolution(x, kernel, bias, stride, pad):
        return node("Conv", [x, constant(kernel, True), constant(bias)], strides=[stride] * 2, pads=[pad] * 4)

    x = node("Transpose", ["chip"], perm=[0, 3, 1, 2])
    x = node("Sub", [x, constant(np.array([122.782, 117.001, 104.298], np.float32).reshape(1, 3, 1, 1))])
    x = node("Div", [x, constant(np.float32(256).reshape(1))])
    parsed = list(layers(data))
    # An affine layer behind a convolution is part of it.
    folded = []
    for kind, value in parsed:
        if kind == "Affine":
            kernel, bias, stride, pad = folded.pop()[1]
            folded.append(("Conv", (kernel * value[0][:, None, None, None], bias * value[0] + value[1], stride, pad)))
        else:
            folded.append((kind, value))
    x = convolution(x, *folded[0][1])
    assert [kind for kind, _ in folded[1:3]] == ["relu_110", "max_pool_2"]
    x = node("MaxPool", [node("Relu", [x])], kernel_shape=[3, 3], strides=[2, 2])
    # channels and side of x: sums of unequal pictures are padded with zeros
    size, at = (32, 35), 3
    while folded[at][0] == "Conv":
        first, second = folded[at][1], folded[at + 2][1]
        down = first[2] == 2
        y = convolution(node("Relu", [convolution(x, *first)]), *second)
        side = (size[1] - 3) // 2 + 1 if down else size[1]
        channels = len(second[0])
        at += 3 + down
        assert folded[at][0] == "add_prev_111" and folded[at + 1][0] == "relu_110", folded[at]
        at += 2
        if down:
            x = node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
            pooled = (size[1] - 2) // 2 + 1
            whole = max(side, pooled)

            def padded(picture, more_channels, more):
                pads = [0, 0, 0, 0, 0, more_channels, more, more]
                return node("Pad", [picture, constant(np.array(pads, np.int64))]) if more or more_channels else picture

            x, y = padded(x, channels - size[0], whole - pooled), padded(y, 0, whole - side)
            side = whole
        x, size = node("Relu", [node("Add", [x, y])]), (channels, side)
    assert [kind for kind, _ in folded[at:]] == ["avg_pool_2", "Dense"], folded[at:]
    outputs, values = folded[-1][1]
    x = node("Flatten", [node("GlobalAveragePool", [x])])
    nodes.append(helper.make_node("MatMul", [x, constant(values.reshape(-1, outputs), True)], ["embedding"]))
    graph = helper.make_graph(
        nodes,
        "face identity",
        [helper.make_tensor_value_info("chip", TensorProto.FLOAT, [1, 150, 150, 3])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, outputs])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    checker.check_model(model, full_check=True)
    save(model, target)


main(*sys.argv[1:])
