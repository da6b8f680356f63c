using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ContainerTools.Oci;

namespace ContainerTools.Core.Tests.Support;

/// <summary>A registry on loopback that does what a test tells it, also what no real one would.</summary>
public sealed class FakeRegistry : IDisposable
{
    private readonly HttpListener listener;
    private readonly ConcurrentDictionary<string, Func<HttpListenerContext, Task>> routes = new();
    private readonly Task loop;

    public FakeRegistry()
    {
        for (int attempt = 0; ; attempt++)
        {
            Port = FreePort();

            // One that could not start is of no use any more.
            listener = new HttpListener();
            listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
            listener.Prefixes.Add($"http://localhost:{Port}/");
            try
            {
                listener.Start();
                break;
            }
            catch (HttpListenerException) when (attempt < 5)
            {
                // Somebody was faster.
            }
        }

        Route("/v2/", Ok);
        loop = Task.Run(ServeAsync);
    }

    public int Port { get; }

    public string Host => $"localhost:{Port}";

    public ConcurrentQueue<(string Path, string? Authorization, string? Range, string Host, string Method)> Requests { get; } = new();

    /// <summary>Runs before the routes; true when it has answered.</summary>
    public Func<HttpListenerContext, Task<bool>>? Before { get; set; }

    public ImageReference Reference(string name) => ImageReference.Parse($"{Host}/{name}");

    public void Route(string path, Func<HttpListenerContext, Task> handler) => routes[path] = handler;

    public static Task Ok(HttpListenerContext context) => RespondAsync(context, 200, [], null);

    public static async Task RespondAsync(HttpListenerContext context, int status, byte[] body, string? type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength64 = body.Length;
        await context.Response.OutputStream.WriteAsync(body);
        context.Response.Close();
    }

    public static Task TextAsync(HttpListenerContext context, int status, string body, string type = "application/json") =>
        RespondAsync(context, status, Encoding.UTF8.GetBytes(body), type);

    /// <summary>Sends the beginning of a body and breaks the connection.</summary>
    public static async Task BreakAsync(HttpListenerContext context, byte[] body, int offset, int sent)
    {
        context.Response.StatusCode = offset == 0 ? 200 : 206;
        context.Response.ContentLength64 = body.Length - offset;
        if (offset > 0)
        {
            context.Response.Headers["Content-Range"] = $"bytes {offset}-{body.Length - 1}/{body.Length}";
        }

        await context.Response.OutputStream.WriteAsync(body.AsMemory(offset, sent));
        await context.Response.OutputStream.FlushAsync();
        context.Response.Abort();
    }

    public static int RangeStart(HttpListenerContext context) =>
        context.Request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture) : 0;

    public void AddManifest(string repository, string tag, byte[] bytes, string? type)
    {
        Route($"/v2/{repository}/manifests/{tag}", c => RespondAsync(c, 200, bytes, type));
        Route($"/v2/{repository}/manifests/{TestImage.DigestOf(bytes)}", c => RespondAsync(c, 200, bytes, type));
    }

    public void AddBlob(string repository, string digest, byte[] bytes) => Route($"/v2/{repository}/blobs/{digest}", async context =>
    {
        int start = RangeStart(context);
        if (start > 0)
        {
            context.Response.Headers["Content-Range"] = $"bytes {start}-{bytes.Length - 1}/{bytes.Length}";
        }

        await RespondAsync(context, start > 0 ? 206 : 200, bytes[start..], "application/octet-stream");
    });

    /// <summary>Serves a whole image.</summary>
    public ImageReference Add(string repository, string tag, TestImage image)
    {
        AddManifest(repository, tag, image.Manifest, image.ManifestType);
        AddBlob(repository, TestImage.DigestOf(image.Config), image.Config);
        foreach (byte[] layer in image.Layers)
        {
            AddBlob(repository, TestImage.DigestOf(layer), layer);
        }

        return Reference($"{repository}:{tag}");
    }

    public int Count(string pathPart) => Requests.Count(r => r.Path.Contains(pathPart, StringComparison.Ordinal));

    public void Dispose()
    {
        listener.Stop();
        try
        {
            loop.GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // That is how it stops.
        }

        try
        {
            listener.Close();
        }
        catch (HttpListenerException)
        {
            // Closing looks its port up again, and somebody may have taken that meanwhile.
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            var context = await listener.GetContextAsync();
            Requests.Enqueue((context.Request.Url!.AbsolutePath, context.Request.Headers["Authorization"], context.Request.Headers["Range"], context.Request.UserHostName, context.Request.HttpMethod));
            _ = Task.Run(() => AnswerAsync(context));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            if (Before is { } before && await before(context))
            {
                return;
            }

            if (routes.TryGetValue(context.Request.Url!.AbsolutePath, out var handler))
            {
                await handler(context);
            }
            else
            {
                await TextAsync(context, 404, """{"errors":[{"code":"NAME_UNKNOWN","message":"not here"}]}""");
            }
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The client has gone away, as some tests want it to.
        }
    }
}
