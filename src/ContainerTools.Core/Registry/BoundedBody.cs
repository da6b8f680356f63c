namespace ContainerTools.Core.Registry;

/// <summary>Reads a response that must be small.</summary>
internal static class BoundedBody
{
    /// <summary>Reads the body; throws <see cref="InvalidDataException"/> as soon as it is larger than <paramref name="limit"/> bytes.</summary>
    internal static async Task<byte[]> ReadAsync(HttpResponseMessage response, int limit, CancellationToken ct)
    {
        if (response.Content.Headers.ContentLength > limit)
        {
            throw new InvalidDataException($"The response has {response.Content.Headers.ContentLength} bytes, at most {limit} are accepted.");
        }

        using var body = await response.Content.ReadAsStreamAsync(ct);
        using var memory = new MemoryStream();
        byte[] buffer = new byte[32 * 1024];
        int count;
        while ((count = await body.ReadAsync(buffer, ct)) > 0)
        {
            if (memory.Length + count > limit)
            {
                throw new InvalidDataException($"The response has more than the {limit} bytes that are accepted.");
            }

            memory.Write(buffer, 0, count);
        }

        return memory.ToArray();
    }
}
