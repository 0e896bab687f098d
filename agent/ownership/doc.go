// Package ownership is whose camera this is: the claim that is offered, the grant that was accepted, the policy in force and
// the end of it all, kept in the state folder so that a power cut leaves the old state or the new, never a mixture.
//
//	pending/            a claim was offered: its keys, the offer, the message for the owner
//	owned/              a grant was accepted: pending/, renamed, with the grant
//	owned/policy.cose   the policy in force, where it is newer than the grant's
//	owned/renewal-2/    the keys and the offer of a renewal; the grant says which offer's keys are in force
//	ending              the owner's release, or a reset: the epoch is to be closed
//	ended/              owned/, renamed: being destroyed
//	former.json         what drains of epochs that are over; nothing secret
//	epoch               the last epoch, where a file counts them (identity.FileCounter)
//	time                a moment that has passed (clock.Floor)
//
// Event keys are in identity.Keys, by the name in the file key of each of these folders.
//
// # A life
//
//	s, err := ownership.Open(dir, device)
//	msg, err := s.Offer(code, view, now)      // the camera was shown a code
//	w, err := s.Waiting()                     // w.Message is sent every 5 s until there is a grant, or the code is over
//	err = s.Accept(grant)                     // owned: s.Terms() is not nil
//	err = s.Apply(policy)                     // any number of times
//	err = s.Renew()                           // after a policy came into force: makes the offer of a renewal if it asks for one
//	err = s.Release(release)                  // or s.Reset(): s.Ending() is not nil
//	                                          // what runs is ended, the closed record is written: recorder.Recorder.End
//	err = s.Close(last)                       // unowned: keys and policy are destroyed
//
// Whoever waits for any of that takes s.Changed() first, then looks, then waits for the channel to be closed.
//
// # One state, several processes
//
// Changes are made by one process at a time (flock(2) on the folder), upon what the folder says then. signet-agent
// claim and reset write into the folder while the daemon runs, which watches it and calls Reload. Only the daemon closes an
// epoch then, since only it can end what runs.
package ownership
