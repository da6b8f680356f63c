using System.Security.Cryptography;
using ContainerTools.Oci;

namespace ContainerTools.Core.Content;

/// <summary>Computes digests.</summary>
internal static class Hashing
{
    internal static Digest Sha256(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        return Digest.FromSha256(hash);
    }

    internal static Digest Sha512(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        SHA512.HashData(data, hash);
        return Digest.FromSha512(hash);
    }

    /// <summary>Whether data has a digest, by the digest's own algorithm.</summary>
    internal static bool Matches(ReadOnlySpan<byte> data, Digest digest) => digest == (digest.Algorithm == "sha512" ? Sha512(data) : Sha256(data));

    internal static IncrementalHash Start(string algorithm) =>
        IncrementalHash.CreateHash(algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);

    /// <summary>The digest of what was appended; the hash starts anew.</summary>
    internal static Digest Finish(IncrementalHash hash)
    {
        Span<byte> result = stackalloc byte[SHA512.HashSizeInBytes];
        int length = hash.GetHashAndReset(result);
        return length == SHA512.HashSizeInBytes ? Digest.FromSha512(result) : Digest.FromSha256(result[..length]);
    }
}
