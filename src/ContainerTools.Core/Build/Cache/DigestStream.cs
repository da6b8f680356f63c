using System.Security.Cryptography;
using ContainerTools.Core.Content;

namespace ContainerTools.Core.Build.Cache;

/// <summary>Hashes what is written to it, and keeps nothing.</summary>
internal sealed class DigestStream : WriteOnlyStream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public override void Write(ReadOnlySpan<byte> buffer) => hash.AppendData(buffer);

    /// <summary>The SHA-256 of everything, as hexadecimal digits.</summary>
    internal string Finish() => Convert.ToHexStringLower(hash.GetHashAndReset());

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
