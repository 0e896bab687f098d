// Package fmp4 writes clips as fragmented MP4 (ISO/IEC 14496-12) in parts that stand alone, and joins
// such parts to one file.
//
// Every part is a whole file: ftyp and moov, then one moof with its mdat. Any part plays although
// others are lost. Sequence numbers and decode times go on through a clip, so that [Join] needs only
// to drop the headers of all parts but the first.
//
// MJPEG goes into an mp4v sample entry with object type 0x6C (ISO/IEC 10918-1), which ffmpeg, VLC and
// QuickTime play and browsers do not; H.264 into avc1, which all play. The package knows nothing of
// cameras or motion: the owner's tools use it, too. It keeps no state.
package fmp4
