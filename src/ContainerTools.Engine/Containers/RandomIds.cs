namespace ContainerTools.Engine.Containers;

/// <summary>Ids of 64 hexadecimal digits. They come from the kernel, since the runtime's binary has no cryptography library to ask.</summary>
internal static class RandomIds
{
    public static string Next()
    {
        Span<byte> bytes = stackalloc byte[32];
        using var random = File.OpenHandle("/dev/urandom", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        while (true)
        {
            if (RandomAccess.Read(random, bytes, 0) != bytes.Length)
                throw new IOException("/dev/urandom gave too little.");
            string id = Convert.ToHexStringLower(bytes);
            // Twelve digits are shown, and must not look like a number to whoever reads them.
            if (id.AsSpan(0, 12).IndexOfAnyExceptInRange('0', '9') >= 0)
                return id;
        }
    }
}
