// noVNC tries a video decoder when it is loaded, which costs time and leaves a frame behind. No host sends video.
delete globalThis.VideoDecoder;
