"""Runs one of OpenCV's background subtractors over grey pictures.

subtract.py KIND W H reads W*H bytes a picture from standard input, writes as many to standard output, 1 where the
picture differs from its background, and says on standard error what one picture took, in the median.
The first picture is all background: there is nothing that it could differ from.
"""

import sys
import time

import cv2
import numpy

kind, w, h = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
cv2.setNumThreads(1)
subtractor = {
    "MOG2": cv2.createBackgroundSubtractorMOG2,
    "KNN": cv2.createBackgroundSubtractorKNN,
}[kind](detectShadows=False)
pictures = numpy.frombuffer(sys.stdin.buffer.read(), numpy.uint8).reshape(-1, h, w)
marked = numpy.empty_like(pictures)
mask = numpy.empty((h, w), numpy.uint8)
took = []
for i, picture in enumerate(pictures):
    begun = time.perf_counter_ns()
    mask = subtractor.apply(picture, mask)
    took.append(time.perf_counter_ns() - begun)
    marked[i] = mask == 255 if i > 0 else 0
sys.stdout.buffer.write(marked.tobytes())
print(f"median {sorted(took)[len(took) // 2]} ns", file=sys.stderr)
