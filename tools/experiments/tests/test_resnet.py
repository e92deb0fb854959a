"""Images from files, and the training that is recorded, stopped and continued."""

import gzip
import struct

import images
import numpy as np
import pytest
from experiment import CannotRun

torch = pytest.importorskip("torch")
import resnet


def random_images(count, channels=1, size=8):
    random = np.random.default_rng(count)
    pixels = random.integers(0, 256, (count, channels, size, size)).astype(np.uint8)
    return images.Images(pixels, random.integers(0, 10, count), tuple("abcdefghij"))


def write_cifar(folder):
    """The binary version, two images a file: file f, image i has class f + i and planes of f, 100 + i and the pixel's number."""
    (folder / "cifar-10-batches-bin").mkdir()
    for number, name in enumerate([*(f"data_batch_{batch}.bin" for batch in range(1, 6)), "test_batch.bin"]):
        (folder / "cifar-10-batches-bin" / name).write_bytes(b"".join(
            bytes([number + image, *[number] * 1024, *[100 + image] * 1024, *(pixel % 256 for pixel in range(1024))])
            for image in range(2)))


def test_reads_the_binary_version_of_cifar(tmp_path):
    write_cifar(tmp_path)
    for folder in (tmp_path, tmp_path / "cifar-10-batches-bin"):
        train, test = images.cifar10(folder, "train"), images.cifar10(folder, "test")
        assert train.labels.tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5] and test.labels.tolist() == [5, 6]
        assert train.pixels.shape == (10, 3, 32, 32) and len(train.class_names) == 10
        assert (train.pixels[4:6, 0] == 2).all() and (train.pixels[::2, 1] == 100).all() and (train.pixels[1::2, 1] == 101).all()
        assert train.pixels[3, 2, 5].tolist() == list(range(160, 192))


def test_says_what_is_wrong_with_a_folder_of_cifar(tmp_path):
    with pytest.raises(CannotRun, match="data_batch_1.bin cannot be read.*binary version.*--cifar10"):
        images.cifar10(tmp_path, "train")
    write_cifar(tmp_path)
    batch = tmp_path / "cifar-10-batches-bin" / "test_batch.bin"
    batch.write_bytes(batch.read_bytes()[:-1])
    with pytest.raises(CannotRun, match="6145 bytes are not whole records of 3073"):
        images.cifar10(tmp_path, "test")
    batch.write_bytes(bytes([10]) + bytes(3072))
    with pytest.raises(CannotRun, match="image 0 has class 10, expected 0 to 9"):
        images.cifar10(tmp_path, "test")


def test_reads_gzipped_idx_files(tmp_path):
    def write(name, shape, values):
        header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
        (tmp_path / name).write_bytes(gzip.compress(header + values))

    write("t10k-images-idx3-ubyte.gz", (2, 2, 3), bytes(range(12)))
    write("t10k-labels-idx1-ubyte.gz", (2,), bytes([7, 9]))
    found = images.fashion_mnist(tmp_path, "test")
    assert found.pixels.tolist() == [[[[0, 1, 2], [3, 4, 5]]], [[[6, 7, 8], [9, 10, 11]]]] and found.labels.tolist() == [7, 9]
    some, order = found.some(1, seed=3)
    assert some.labels.tolist() == [found.labels[order[0]]] and len(order) == 1

    write("t10k-labels-idx1-ubyte.gz", (3,), bytes(3))
    with pytest.raises(CannotRun, match="3 labels for 2 images"):
        images.fashion_mnist(tmp_path, "test")
    write("t10k-images-idx3-ubyte.gz", (2, 2, 3), bytes(11))
    with pytest.raises(CannotRun, match="11 bytes of data, its header says 2 × 2 × 3"):
        images.fashion_mnist(tmp_path, "test")
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(100))[:-9])
    with pytest.raises(CannotRun, match="cannot be read"):
        images.fashion_mnist(tmp_path, "test")


def test_is_the_network_of_the_paper():
    # He et al. 2016, table 6: 0.27 M parameters. By hand: 19 convolutions without biases, 19 normalizations, a dense layer.
    model = resnet.ResNet20(channels=3)
    convolutions = 27 * 16 + 6 * 9 * 16 * 16 + 9 * 16 * 32 + 5 * 9 * 32 * 32 + 9 * 32 * 64 + 5 * 9 * 64 * 64
    normalizations = 2 * (7 * 16 + 6 * 32 + 6 * 64)
    assert sum(part.numel() for part in model.parameters()) == convolutions + normalizations + 650 == 269722
    x = torch.rand(2, 3, 32, 32)
    assert model.stage3(model.stage2(model.stage1(model.stem(x)))).shape == (2, 64, 8, 8)


def test_shortcut_is_every_second_pixel_and_zeros():
    block = resnet.Block(2, 4).eval()
    torch.nn.init.zeros_(block.conv2.weight)
    x = torch.rand(1, 2, 5, 4)
    y = block(x)
    assert torch.equal(y[:, :2], x[:, :, ::2, ::2]) and not y[:, 2:].any()


@pytest.mark.parametrize("channels", [1, 3])
def test_records_the_means_of_the_stages_and_goes_on_where_it_was_stopped(tmp_path, channels):
    import h5py

    train, test = random_images(40, channels), random_images(20, channels)
    settings = {"seed": 1, "epochs": 4, "batch": 16, "recorded": 16, "title": "a test"}

    def stop_at(note):
        if note == "epoch 3 of 4":
            raise KeyboardInterrupt

    resnet.train_and_record(tmp_path / "whole.h5", str(tmp_path / "whole.pt"), train, test, settings)
    with pytest.raises(KeyboardInterrupt):
        resnet.train_and_record(tmp_path / "cut.h5", str(tmp_path / "cut.pt"), train, test, settings, stop_at)
    resnet.train_and_record(tmp_path / "cut.h5", str(tmp_path / "cut.pt"), train, test, settings)
    with h5py.File(tmp_path / "whole.h5") as whole, h5py.File(tmp_path / "cut.h5") as cut:
        assert whole["epoch"][:].tolist() == cut["epoch"][:].tolist() == [0, 1, 2, 3, 4]
        for split in ("train", "test"):
            assert whole[f"splits/{split}/layers/stage3"].shape == (5, 16, 64)
            for layer in resnet.LAYERS:
                assert (whole[f"splits/{split}/layers/{layer}"][:] == cut[f"splits/{split}/layers/{layer}"][:]).all()
        assert (whole["metrics/test_loss"][:] == cut["metrics/test_loss"][:]).all()

        # Batches of another size sum in another order: in 20 layers up to 576 terms, 2⁻²⁴ each: 7·10⁻⁴ of logits near 1.
        logits = resnet.logits(tmp_path / "whole.pt", train.first(16))
        assert np.abs(whole["splits/train/layers/logits"][4] - logits).max() < 1e-3

    # Other settings begin anew, and so does a state that cannot be read.
    (tmp_path / "whole.pt").write_bytes((tmp_path / "whole.pt").read_bytes()[:5000])
    resnet.train_and_record(tmp_path / "whole.h5", str(tmp_path / "whole.pt"), train, test, settings | {"epochs": 1})
    resnet.train_and_record(tmp_path / "cut.h5", str(tmp_path / "cut.pt"), train, test, settings | {"epochs": 1})
    for name in ("whole.h5", "cut.h5"):
        with h5py.File(tmp_path / name) as short:
            assert short["epoch"][:].tolist() == [0, 1]
