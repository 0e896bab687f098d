package live

import "encoding/binary"

// Frames travel in messages of at most 16 KiB (docs/protocol.md): a header, then a piece of the image.
const (
	maxMessage  = 16 << 10
	headerBytes = 16
	maxPiece    = maxMessage - headerBytes
	maxChunks   = 256 // 4 MiB a frame; viewers take no more
)

// chunks returns how many messages an image takes; more than maxChunks do not travel.
func chunks(size int) int { return (size + maxPiece - 1) / maxPiece }

// appendChunk appends the message with piece i of an image: header and bytes.
func appendChunk(dst []byte, p *picture, i int) []byte {
	dst = binary.BigEndian.AppendUint32(dst, p.number)
	dst = binary.BigEndian.AppendUint16(dst, uint16(i))
	dst = binary.BigEndian.AppendUint16(dst, uint16(chunks(len(p.jpeg))))
	dst = binary.BigEndian.AppendUint64(dst, uint64(max(p.at.UnixMilli(), 0)))
	return append(dst, p.jpeg[i*maxPiece:min((i+1)*maxPiece, len(p.jpeg))]...)
}
