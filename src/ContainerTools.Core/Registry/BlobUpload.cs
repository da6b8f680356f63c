using System.Net;
using ContainerTools.Core.Content;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

/// <summary>
/// Sends one blob: whole in one request, or in chunks. After a broken connection the registry is asked how much it has, and gets the rest; if it no longer
/// knows of the upload, it gets all anew.
/// </summary>
internal sealed class BlobUpload(RegistryClient client, ImageReference reference, Descriptor descriptor, Func<long, Stream> open)
{
    // What is tried when a server takes no large bodies, and what is too little to go on with.
    private const long FirstChunk = 16 << 20;
    private const long LastChunk = 256 << 10;

    // Fewer bytes than this between two failures are no progress.
    private const long Progress = 64 << 10;

    private readonly string what = $"Blob {descriptor.Digest.ShortHex} of '{reference.Familiar}' could not be pushed";
    private UploadPlace? place;
    private long offsetAtFailure;
    private int failures;
    private bool refusedDigest;

    /// <summary>The largest part sent at once, in bytes; null for the whole.</summary>
    internal long? ChunkSize { get; set; }

    /// <summary>Where the blob comes from, as an error says it.</summary>
    internal string Source { get; init; } = "the image store";

    /// <summary>Told how many bytes have been sent.</summary>
    internal Action<long> Report { get; init; } = static _ => { };

    /// <summary>Brings the blob to the registry, unless it is there; takes it from one of the repositories if it can.</summary>
    internal async Task<BlobUploadOutcome> RunAsync(IReadOnlyList<string> repositories, CancellationToken ct)
    {
        if (await client.HasBlobAsync(reference, descriptor.Digest, what, ct))
        {
            return BlobUploadOutcome.Existed;
        }

        foreach (string from in repositories)
        {
            if (await TryMountAsync(from, ct))
            {
                return BlobUploadOutcome.Mounted;
            }

            if (place is not null)
            {
                break;
            }
        }

        await UploadAsync(ct);
        return BlobUploadOutcome.Uploaded;
    }

    // To mount is an attempt: the repository may be gone, or not be the user's to read. What cannot be done otherwise either fails once more below.
    private async Task<bool> TryMountAsync(string from, CancellationToken ct)
    {
        try
        {
            place = await client.BeginUploadAsync(reference, descriptor.Digest, from, what, ct);
            return place is null;
        }
        catch (ContainerToolsException e) when (e.ErrorId is not ("RegistryUnavailable" or "RegistryTimeout"))
        {
            return false;
        }
    }

    private async Task UploadAsync(CancellationToken ct)
    {
        while (true)
        {
            Exception? broken = null;
            HttpResponseMessage? response = null;
            try
            {
                if (place is null && (place = await client.BeginUploadAsync(reference, descriptor.Digest, null, what, ct)) is null)
                {
                    return;
                }

                bool last = IsLast();
                response = await client.SendAsync(NextRequest(), what, ct);
                if (response.IsSuccessStatusCode && last && await IsStoredAsync(response, ct))
                {
                    client.CheckDigest(RegistryClient.DigestOf(response) ?? descriptor.Digest, descriptor.Digest, what, reference);
                    return;
                }

                if (response.IsSuccessStatusCode && !last)
                {
                    Advance(response);
                    continue;
                }

                await ThrowIfFinalAsync(response, ct);
            }
            catch (Exception e) when (RegistryTransport.IsTransient(e) && !ct.IsCancellationRequested)
            {
                broken = e;
            }

            using (response)
            {
                await PrepareToResumeAsync(response, broken, ct);
            }
        }
    }

    private long NextLength => Math.Min(descriptor.Size - place!.Offset, Math.Max(ChunkSize ?? descriptor.Size, place.MinimumChunk));

    // A whole blob goes with the request that ends the upload; parts go before it.
    private bool IsLast() => place!.Offset == descriptor.Size || (place.Offset == 0 && NextLength == descriptor.Size);

    private RegistryRequest NextRequest()
    {
        var (uri, offset, _) = place!;
        long length = NextLength;
        string scope = TokenScope.Push(reference.Repository);
        return IsLast()
            ? new RegistryRequest(HttpMethod.Put, place.ForDigest(descriptor.Digest), scope) { Content = () => CreateBody(offset, length), Repeat = false }
            : new RegistryRequest(HttpMethod.Patch, uri, scope) { Content = () => CreateBody(offset, length), Repeat = false };
    }

    private BlobContent CreateBody(long offset, long length)
    {
        var content = new BlobContent(open, offset, length, Report);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/octet-stream");
        if (length > 0 && length < descriptor.Size)
        {
            // Without the unit that RFC 9110 asks for: so the distribution-spec wants it.
            content.Headers.TryAddWithoutValidation("Content-Range", $"{offset}-{offset + length - 1}");
        }

        return content;
    }

    // Only this status says that the registry has the blob; a proxy may say others.
    private async Task<bool> IsStoredAsync(HttpResponseMessage response, CancellationToken ct) =>
        response.StatusCode == HttpStatusCode.Created || await client.HasBlobAsync(reference, descriptor.Digest, what, ct);

    private void Advance(HttpResponseMessage response)
    {
        long sent = place!.Offset + NextLength;
        var next = UploadPlace.From(response, sent, client, what) ?? new UploadPlace(place.Uri, sent, place.MinimumChunk);
        if (next.Offset <= place.Offset || next.Offset > sent)
        {
            throw new ContainerToolsException("RegistryResponseInvalid", ErrorKind.InvalidData,
                $"{what}: registry '{client.Registry}' got {sent} of {descriptor.Size} bytes, and says that it has {next.Offset}.", reference);
        }

        place = next with { MinimumChunk = Math.Max(next.MinimumChunk, place.MinimumChunk) };
    }

    private async Task ThrowIfFinalAsync(HttpResponseMessage response, CancellationToken ct)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.RequestEntityTooLarge when (ChunkSize ?? long.MaxValue) > LastChunk && NextLength > LastChunk:
                ChunkSize = ChunkSize is null ? Math.Min(FirstChunk, Math.Max(descriptor.Size / 4, LastChunk)) : Math.Max(ChunkSize.Value / 4, LastChunk);
                failures = 0;
                return;
            case HttpStatusCode.BadRequest when place!.Offset == descriptor.Size || IsLast():
                await ThrowIfDamagedAsync(ct);
                if (refusedDigest)
                {
                    throw new ContainerToolsException("RegistryDigestMismatch", ErrorKind.InvalidData,
                        $"{what}: registry '{client.Registry}' got something else than was sent, twice. {await RegistryFailure.DescribeAsync(response, ct)}".TrimEnd(), reference);
                }

                refusedDigest = true;
                place = null;
                return;
            case HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.RequestedRangeNotSatisfiable:
                // The upload is not (or not so far) what we take it for.
                return;
            case var status when RegistryTransport.IsTransient(status) || response.IsSuccessStatusCode:
                return;
            default:
                throw await client.ExplainPushAsync(response, reference.Repository, what, ct);
        }
    }

    // Which side is wrong?
    private async Task ThrowIfDamagedAsync(CancellationToken ct)
    {
        await using var blob = open(0);
        using var hash = Hashing.Start(descriptor.Digest.Algorithm);
        byte[] buffer = new byte[256 << 10];
        int count;
        while ((count = await blob.ReadAsync(buffer, ct)) > 0)
        {
            hash.AppendData(buffer, 0, count);
        }

        if (Hashing.Finish(hash) != descriptor.Digest)
        {
            throw new ContainerToolsException("ContentDamaged", ErrorKind.InvalidData,
                $"{what}: what is in {Source} does not have the digest {descriptor.Digest}. Pull, import or push the image anew there.", reference);
        }
    }

    private async Task PrepareToResumeAsync(HttpResponseMessage? response, Exception? broken, CancellationToken ct)
    {
        long offset = place?.Offset ?? 0;
        failures = offset - offsetAtFailure >= Progress ? 1 : failures + 1;
        offsetAtFailure = Math.Max(offset, offsetAtFailure);
        if (failures > client.Options.RetryCount)
        {
            throw broken is not null
                ? client.Unavailable($"{what} ({offset} of {descriptor.Size} bytes are there)", broken)
                : await client.ExplainPushAsync(response!, reference.Repository, what, ct);
        }

        await Task.Delay(client.DelayBefore(failures - 1, response?.Headers.RetryAfter), ct);
        place = place is null ? null : await AskAsync(place.Uri, ct);
        Report(place?.Offset ?? 0);
    }

    // Null: the registry no longer knows of the upload, or cannot go on with it.
    private async Task<UploadPlace?> AskAsync(Uri uri, CancellationToken ct)
    {
        try
        {
            using var response = await client.SendAsync(new RegistryRequest(HttpMethod.Get, uri, TokenScope.Push(reference.Repository)), what, ct);
            var found = response.IsSuccessStatusCode ? UploadPlace.From(response, 0, client, what) ?? new UploadPlace(uri, 0, 0) : null;
            return found is { Offset: > 0 } && found.Offset <= descriptor.Size ? found : null;
        }
        catch (ContainerToolsException e) when (e.ErrorId is "RegistryUnavailable" or "RegistryTimeout")
        {
            return null;
        }
    }
}
