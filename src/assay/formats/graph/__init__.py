"""Computation graphs: ONNX, TensorFlow, TFLite, Core ML, OpenVINO, PaddlePaddle, MXNet, TensorRT, ExecuTorch."""
