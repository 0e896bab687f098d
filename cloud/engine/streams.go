package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// maxPayload is larger than any message of the protocol (256 KiB), so that an over-size one is refused by us, with
	// a reason; beyond it the engine closes the connection.
	maxPayload = 512 << 10

	incomingBytes     = 64 << 20
	incomingPerDevice = 64      // four windows of a camera
	maxPending        = 1 << 16 // undecided of a partition: what few devices have waiting must not stop the others
	quarantineBytes   = 1 << 30
	quarantineEach    = 4096 // messages of one device for one reason; the oldest of them go first

	// window in which the engine itself drops a message id that it has seen: it covers a publish repeated after a
	// time-out. Repetitions after it are found by position.
	duplicateWindow = 2 * time.Minute
)

func streams(partitions int) []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		{
			Name:        Incoming,
			Description: "what cameras sent, until it is decided",
			Subjects:    []string{"signet.v1.*." + string(Records)},
			// One consumer a partition keeps each device's order: several on one durable were measured to break it.
			SubjectTransform: &jetstream.SubjectTransformConfig{
				Source:      "signet.v1.*." + string(Records),
				Destination: fmt.Sprintf("in.{{partition(%d,1)}}.{{wildcard(1)}}", partitions),
			},
			Retention: jetstream.WorkQueuePolicy,
			Storage:   jetstream.MemoryStorage,
			MaxBytes:  incomingBytes,
			// What is too much is dropped and has no receipt: the camera sends it again. One that floods drops its own.
			Discard:              jetstream.DiscardNew,
			MaxMsgsPerSubject:    incomingPerDevice,
			DiscardNewPerSubject: true,
		},
		{
			Name:        Bind,
			Description: "ledger entries and bound records",
			Subjects:    []string{"bind.>"},
			Storage:     jetstream.FileStorage,
			AllowDirect: false, // a direct read may be stale
			DenyDelete:  true,
			Duplicates:  duplicateWindow,
		},
		{
			Name:        Quarantine,
			Description: "refused: kept, never delivered",
			Subjects:    []string{"quarantine.>"},
			Storage:     jetstream.FileStorage,
			MaxBytes:    quarantineBytes,
			Discard:     jetstream.DiscardOld,

			MaxMsgsPerSubject: quarantineEach,
			Duplicates:        duplicateWindow,
		},
		{
			Name:              Status,
			Description:       "the last word of each camera about its connection",
			Subjects:          []string{"signet.v1.*." + string(StatusUp)},
			Storage:           jetstream.FileStorage,
			MaxMsgsPerSubject: 1,
			MaxMsgSize:        4 << 10,
			// Told once it is stored, so that whoever listens and then reads misses no word between the two.
			RePublish: &jetstream.RePublish{
				Source:      "signet.v1.*." + string(StatusUp),
				Destination: "status.{{wildcard(1)}}",
			},
		},
		{
			Name:        Access,
			Description: "who was given what",
			Subjects:    []string{"access.>"},
			Storage:     jetstream.FileStorage,
			DenyDelete:  true,
		},
	}
}

func createStreams(ctx context.Context, js jetstream.JetStream, partitions int) error {
	for _, cfg := range streams(partitions) {
		if _, err := js.CreateOrUpdateStream(ctx, cfg); err != nil {
			return fmt.Errorf("create stream %s: %w", cfg.Name, err)
		}
	}
	return nil
}

// PartitionConsumer returns the one consumer of a partition of INCOMING. Its worker must be alone.
func (e *Engine) PartitionConsumer(ctx context.Context, partition int) (jetstream.Consumer, error) {
	c, err := e.js.CreateOrUpdateConsumer(ctx, Incoming, jetstream.ConsumerConfig{
		Durable:       fmt.Sprintf("bind-%d", partition),
		FilterSubject: fmt.Sprintf("in.%d.*", partition),
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       time.Minute,
		MaxAckPending: maxPending,
		MemoryStorage: true,
	})
	if err != nil {
		return nil, fmt.Errorf("create consumer of partition %d: %w", partition, err)
	}
	return c, nil
}
