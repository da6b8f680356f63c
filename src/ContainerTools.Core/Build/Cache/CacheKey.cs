using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ContainerTools.Core.Build.Cache;

/// <summary>Makes the keys of the build cache.</summary>
internal static class CacheKey
{
    // Another number whenever the same inputs come to other results than before.
    private const string Version = "1";

    /// <summary>The key of a list of texts: none runs into the next.</summary>
    internal static string Of(params IEnumerable<string?> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (string? part in parts.Prepend(Version))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part ?? "");
            BinaryPrimitives.WriteInt32LittleEndian(length, part is null ? -1 : bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
