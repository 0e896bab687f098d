// Package estate is what an owner has: the cameras, each with the claim that began its epoch, the policy that is wanted and the
// version that is in force. It changes policies, renews event keys and ends ownerships, through a cloud that it does not
// believe: claims are read from verified records, policies only as this owner has signed them.
package estate
