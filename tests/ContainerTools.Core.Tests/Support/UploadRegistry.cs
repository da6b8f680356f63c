using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using ContainerTools.Oci;

namespace ContainerTools.Core.Tests.Support;

/// <summary>A registry in memory that takes uploads by the distribution-spec, and does wrong what a test tells it to.</summary>
public sealed class UploadRegistry : IDisposable
{
    private readonly ConcurrentDictionary<string, byte[]> sessions = new();
    private int sessionCount;

    public UploadRegistry() => Registry.Before = AnswerAsync;

    public FakeRegistry Registry { get; } = new();

    public ConcurrentDictionary<string, byte[]> Blobs { get; } = new();

    public ConcurrentDictionary<string, byte[]> Manifests { get; } = new();

    /// <summary>Runs before everything else; true when it has answered.</summary>
    public Func<HttpListenerContext, Task<bool>> First { get; set; } = static _ => Task.FromResult(false);

    /// <summary>How many bytes of an upload's next request are kept before the registry fails; each is used once.</summary>
    public ConcurrentQueue<int> Breaks { get; } = new();

    /// <summary>Whether an upload can go on after a break.</summary>
    public bool Remembers { get; set; } = true;

    /// <summary>Bodies larger than this are refused.</summary>
    public long MaxBody { get; set; } = long.MaxValue;

    /// <summary>Said of each blob instead of its digest.</summary>
    public string? Lie { get; set; }

    /// <summary>Said of each manifest instead of its digest.</summary>
    public string? ManifestLie { get; set; }

    /// <summary>Where uploads go, when not here.</summary>
    public string UploadHost { get; set; } = "";

    public ConcurrentQueue<(string Method, long Length, string? Range)> Bodies { get; } = new();

    public ImageReference Reference(string name) => Registry.Reference(name);

    public void Dispose() => Registry.Dispose();

    public async Task<bool> AnswerAsync(HttpListenerContext context)
    {
        string path = context.Request.Url!.AbsolutePath;
        if (await First(context))
        {
            return true;
        }

        switch (context.Request.HttpMethod)
        {
            case "GET" when path == "/v2/":
                return false;
            case "HEAD" or "GET" when path.Contains("/manifests/", StringComparison.Ordinal):
                await GetAsync(context, Manifests, path);
                return true;
            case "HEAD" or "GET" when path.Contains("/blobs/sha256:", StringComparison.Ordinal):
                await GetAsync(context, Blobs, path[(path.LastIndexOf('/') + 1)..]);
                return true;
            case "PUT" when path.Contains("/manifests/", StringComparison.Ordinal):
                byte[] manifest = await ReadAsync(context);
                Manifests[path] = manifest;
                context.Response.Headers["Docker-Content-Digest"] = ManifestLie ?? TestImage.DigestOf(manifest);
                await FakeRegistry.RespondAsync(context, 201, [], null);
                return true;
            case "POST":
                string session = $"s{Interlocked.Increment(ref sessionCount)}";
                sessions[session] = [];
                context.Response.Headers["Location"] = $"{UploadHost}/v2/up/{session}?state=a%3Db";
                await FakeRegistry.RespondAsync(context, 202, [], null);
                return true;
            case "GET" or "PATCH" or "PUT" when path.StartsWith("/v2/up/", StringComparison.Ordinal):
                await UploadAsync(context, path["/v2/up/".Length..]);
                return true;
            default:
                return false;
        }
    }

    private static Task GetAsync(HttpListenerContext context, ConcurrentDictionary<string, byte[]> from, string key)
    {
        if (!from.TryGetValue(key, out byte[]? data))
        {
            return FakeRegistry.RespondAsync(context, 404, [], null);
        }

        context.Response.Headers["Docker-Content-Digest"] = TestImage.DigestOf(data);
        if (context.Request.HttpMethod == "GET")
        {
            return FakeRegistry.RespondAsync(context, 200, data, MediaTypes.OciManifest);
        }

        context.Response.ContentLength64 = data.Length;
        context.Response.Close();
        return Task.CompletedTask;
    }

    private async Task UploadAsync(HttpListenerContext context, string session)
    {
        if (context.Request.QueryString["state"] != "a=b" || !sessions.TryGetValue(session, out byte[]? known))
        {
            await FakeRegistry.TextAsync(context, 404, """{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"no such upload"}]}""");
            return;
        }

        if (context.Request.ContentLength64 > MaxBody)
        {
            await ReadAsync(context);
            await FakeRegistry.TextAsync(context, 413, "");
            return;
        }

        string? range = context.Request.Headers["Content-Range"];
        if (context.Request.HttpMethod != "GET")
        {
            Bodies.Enqueue((context.Request.HttpMethod, context.Request.ContentLength64, range));
        }

        if (range is not null && int.Parse(range[..range.IndexOf('-', StringComparison.Ordinal)], CultureInfo.InvariantCulture) != known.Length)
        {
            await FakeRegistry.TextAsync(context, 416, "");
            return;
        }

        byte[] body = await ReadAsync(context);
        bool breaks = Breaks.TryPeek(out int limit) && body.Length > limit && Breaks.TryDequeue(out limit);
        byte[] got = [.. known, .. breaks ? body[..limit] : body];
        sessions[session] = got;
        if (breaks)
        {
            if (!Remembers)
            {
                sessions.TryRemove(session, out _);
            }

            await FakeRegistry.TextAsync(context, 500, "");
            return;
        }

        if (body.Length < context.Request.ContentLength64)
        {
            return;
        }

        context.Response.Headers["Location"] = $"{UploadHost}/v2/up/{session}?state=a%3Db";
        context.Response.Headers["Range"] = $"0-{Math.Max(got.Length - 1, 0)}";
        if (context.Request.HttpMethod != "PUT")
        {
            await FakeRegistry.RespondAsync(context, context.Request.HttpMethod == "GET" ? 204 : 202, [], null);
            return;
        }

        string digest = context.Request.QueryString["digest"]!;
        if (TestImage.DigestOf(got) != digest)
        {
            await FakeRegistry.TextAsync(context, 400, """{"errors":[{"code":"DIGEST_INVALID","message":"other data"}]}""");
            return;
        }

        Blobs[digest] = got;
        context.Response.Headers["Docker-Content-Digest"] = Lie ?? digest;
        await FakeRegistry.RespondAsync(context, 201, [], null);
    }

    // What arrives, also when the connection breaks.
    private static async Task<byte[]> ReadAsync(HttpListenerContext context)
    {
        using var memory = new MemoryStream();
        try
        {
            await context.Request.InputStream.CopyToAsync(memory);
        }
        catch (Exception e) when (e is IOException or HttpListenerException)
        {
            // The client will ask what there is.
        }

        return memory.ToArray();
    }
}
